package org.anomalydetection.salesforce;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads windows by REST, each of them whole or not at all. One that has too much to be held at a
 * time, or takes Salesforce too long, is made shorter while it can be.
 */
final class WindowReader {
  private static final int MOST_RECORDS = 10_000;

  /** Of answers, from which the records are made that are held. */
  private static final long MOST_BYTES = 64 << 20;

  private final RestPages rest;
  private final RowQuery query;
  private final ReadMetrics metrics;

  WindowReader(RestPages rest, RowQuery query, ReadMetrics metrics) {
    this.rest = rest;
    this.query = query;
    this.metrics = metrics;
  }

  /**
   * What was read.
   *
   * @param end where it ends, in milliseconds since 1970
   * @param records its records, as texts in the order of the query's fields
   */
  record Window(long end, List<@Nullable String[]> records) {}

  /**
   * Reads a window, or its beginning, in milliseconds since 1970.
   *
   * @param start its beginning
   * @param end its end
   * @throws IOException if Salesforce cannot be read
   */
  Window read(long start, long end) throws IOException, InterruptedException {
    long until = end;
    while (true) {
      long half = start + (until - start) / 2;
      QueryWindow window =
          new QueryWindow(Instant.ofEpochMilli(start), Instant.ofEpochMilli(until));
      try {
        QueryPage page = rest.page(window, null, 0);
        double share = share(page);
        if (share >= 1 || half == start) {
          return new Window(until, records(window, page));
        }
        until = Math.max(start + 1, Math.min(half, start + (long) (share * (until - start))));
      } catch (SalesforceException e) {
        boolean tooMuch =
            e.kind() == SalesforceException.Kind.QUERY_TIMEOUT
                || e.kind() == SalesforceException.Kind.TOO_LARGE;
        if (!tooMuch || half == start) {
          throw e;
        }
        until = half;
      }
      metrics.retry();
    }
  }

  /** Returns how much of a window may be held, as its first page has it; 1 or more for all. */
  private static double share(QueryPage page) {
    double bytes = (double) page.bytes() * page.totalSize() / Math.max(1, page.records().size());
    return Math.min(MOST_RECORDS / (double) page.totalSize(), MOST_BYTES / bytes);
  }

  private List<@Nullable String[]> records(QueryWindow window, QueryPage first)
      throws IOException, InterruptedException {
    List<@Nullable String[]> records = new ArrayList<>(RecordCells.of(first, query.paths()));
    for (String next = first.next(); next != null; ) {
      QueryPage page = rest.page(window, next, records.size());
      records.addAll(RecordCells.of(page, query.paths()));
      next = page.next();
    }
    return records;
  }
}
