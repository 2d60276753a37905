package org.anomalydetection.salesforce;

import java.io.IOException;
import org.anomalydetection.salesforce.api.BulkPage;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads the pages of bulk queries: smaller ones from then on, when one is more than is taken. */
final class BulkPages {
  /** Each page is a bundle of rows, which comes to be a file of the output. */
  private static final int MOST_RECORDS = 1 << 14;

  private final SalesforceClient client;
  private final RowQuery query;
  private final ReadMetrics metrics;
  private int records = MOST_RECORDS;

  BulkPages(SalesforceClient client, RowQuery query, ReadMetrics metrics) {
    this.client = client;
    this.query = query;
    this.metrics = metrics;
  }

  /**
   * Reads a page.
   *
   * @param locator names it, null for the first one
   * @throws IOException if Salesforce cannot be read, or a record alone is more than is taken
   */
  ResultPage page(QueryResults results, @Nullable String locator)
      throws IOException, InterruptedException {
    while (true) {
      try {
        BulkPage page = client.results(results.jobId(), locator, records);
        metrics.page();
        return new ResultPage(
            RecordCells.of(page, query.paths()), results.records(), page.locator());
      } catch (SalesforceException e) {
        if (e.kind() != SalesforceException.Kind.TOO_LARGE) {
          throw e;
        }
        if (records == 1) {
          throw new ReadException("a record alone is too large: " + e.getMessage(), e);
        }
        records /= 2;
        metrics.retry();
      }
    }
  }
}
