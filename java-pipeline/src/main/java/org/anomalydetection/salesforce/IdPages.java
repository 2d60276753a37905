package org.anomalydetection.salesforce;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;

/**
 * Reads records by REST in the order of their ids, each page by a query of its own for those behind
 * the last id. So a query is short, however many records there are, and needs no locator. An id
 * never changes: a record that is changed or inserted meanwhile is neither lost nor read twice,
 * provided that no change takes it out of its window, which is so where the window has no end.
 */
final class IdPages {
  /** A query that takes too long for so few records would for fewer. */
  private static final int FEW_RECORDS = 200;

  /** The rest of an id repeats which of its letters are capital ones. */
  private static final int ID_LENGTH = 15;

  private final RestPages rest;
  private final RowQuery query;
  private final ReadMetrics metrics;
  private int limit;

  /**
   * @param limit how many records a page has at most
   */
  IdPages(RestPages rest, RowQuery query, ReadMetrics metrics, int limit) {
    this.rest = rest;
    this.query = query;
    this.metrics = metrics;
    this.limit = limit;
  }

  /**
   * Reads a page; its size is halved as long as it is more than is taken, or takes too long.
   *
   * @param after the last id before it, empty for the first page
   * @param before how many records lie before it
   * @throws IOException if Salesforce cannot be read, or a record alone is more than is taken
   */
  ResultPage page(QueryWindow window, String after, long before)
      throws IOException, InterruptedException {
    while (true) {
      try {
        QueryPage page = rest.query(window, query.soqlById(window, after, limit));
        String last = lastId(page, after);
        long records = before + page.records().size();
        // Salesforce may divide even what is asked for as one page.
        boolean end = page.next() == null && page.records().size() < limit;
        return new ResultPage(RecordCells.of(page, query.paths()), records, end ? null : last);
      } catch (SalesforceException e) {
        if (e.kind() == Kind.TOO_LARGE && limit == 1) {
          throw new ReadException(
              String.format("the record behind %s is too large: %s", after, e.getMessage()), e);
        }
        boolean timeout = e.kind() == Kind.QUERY_TIMEOUT && limit > FEW_RECORDS;
        if (e.kind() != Kind.TOO_LARGE && !timeout) {
          throw e;
        }
        limit /= 2;
        metrics.retry();
      }
    }
  }

  /** Returns the last id; what is in another order would be lost, or read for ever. */
  static String lastId(QueryPage page, String after) throws ReadException {
    String last = after;
    for (JsonNode record : page.records()) {
      String id = record.path(Soql.ID).asText();
      if (id.length() < ID_LENGTH || (!last.isEmpty() && number(id).compareTo(number(last)) <= 0)) {
        throw new ReadException(
            String.format(
                "expected records in the order of their ids, found %s after %s", id, last));
      }
      last = id;
    }
    return last;
  }

  private static String number(String id) {
    return id.substring(0, ID_LENGTH);
  }
}
