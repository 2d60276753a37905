package org.anomalydetection.salesforce;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the pages of REST queries, each again if records are missing in it. A page does not say how
 * many it should have; what tells is where the next one begins, which its address ends with, or for
 * the last one how many there are of all.
 */
final class RestPages {
  private static final Logger LOG = LoggerFactory.getLogger(RestPages.class);
  private static final int ATTEMPTS = 3;
  private static final int SMALLEST_PAGE = 200;
  private static final Pattern BEGIN = Pattern.compile("-([0-9]{1,18})$");

  private final SalesforceClient client;
  private final RowQuery query;
  private final ReadMetrics metrics;
  private final long comfortable;
  private int pageSize;

  RestPages(SalesforceClient client, Connection connection, RowQuery query, ReadMetrics metrics) {
    this.client = client;
    this.query = query;
    this.metrics = metrics;
    // The pages of a query have as many records as its first one, and may be larger.
    this.comfortable = connection.answerLimit() / 4;
    this.pageSize = connection.pageSize();
  }

  private interface Ask {
    QueryPage ask() throws SalesforceException, InterruptedException;
  }

  /**
   * Reads a page.
   *
   * @param address where it is, null for the first one
   * @param before how many records lie before it
   * @throws ReadException if records are missing in it again and again
   */
  QueryPage page(QueryWindow window, @Nullable String address, long before)
      throws SalesforceException, ReadException, InterruptedException {
    return address == null
        ? query(window, query.soql(window))
        : whole(window, before, () -> client.next(address));
  }

  /** Reads the first page of a query for records of a window. */
  QueryPage query(QueryWindow window, String soql)
      throws SalesforceException, ReadException, InterruptedException {
    return whole(window, 0, () -> first(soql));
  }

  /** Asks for smaller pages, from then on, when one is more than is taken or nearly so. */
  private QueryPage first(String soql) throws SalesforceException, InterruptedException {
    while (true) {
      boolean smallest = pageSize <= SMALLEST_PAGE;
      try {
        QueryPage page = client.query(soql, query.includeDeleted(), pageSize);
        if (smallest || page.next() == null || page.bytes() <= comfortable) {
          return page;
        }
      } catch (SalesforceException e) {
        if (smallest || e.kind() != SalesforceException.Kind.TOO_LARGE) {
          throw e;
        }
      }
      pageSize = Math.max(SMALLEST_PAGE, pageSize / 2);
      metrics.retry();
    }
  }

  private QueryPage whole(QueryWindow window, long before, Ask ask)
      throws SalesforceException, ReadException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      QueryPage page = ask.ask();
      long found = before + page.records().size();
      long expected = end(page, found);
      if (found == expected) {
        metrics.page();
        return page;
      }
      String message =
          String.format(
              "expected %d %s up to the end of a page, found %d", expected, window, found);
      if (attempt == ATTEMPTS) {
        throw new ReadException(message + ", " + ATTEMPTS + " times");
      }
      LOG.warn("{}; it is read again", message);
      metrics.retry();
    }
  }

  /**
   * Returns how many records there should be up to the end of a page, as many as found if not
   * known.
   */
  private static long end(QueryPage page, long found) {
    if (page.next() == null) {
      return page.totalSize();
    }
    Matcher begin = BEGIN.matcher(page.next());
    return begin.find() ? Long.parseLong(begin.group(1)) : found;
  }
}
