package org.anomalydetection.salesforce;

import java.io.IOException;
import java.util.List;
import org.anomalydetection.salesforce.api.BulkPage;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.BoundedPerElement;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads results page by page, each in a bundle of its own, which any worker may read, or read again
 * when another one has failed: a page comes out whole or not at all.
 */
@BoundedPerElement
final class PagesFn extends DoFn<QueryResults, Row> {
  private static final long serialVersionUID = 1L;

  /** Marks bulk queries whose results were read to their end. */
  static final TupleTag<String> DONE = new TupleTag<>("done") {};

  /** Each page is a bundle of rows, which comes to be a file of the output. */
  private static final int PAGE_RECORDS = 1 << 14;

  private final Connection connection;
  private final RowQuery query;
  private final Fields fields;
  private final ReadMetrics metrics = new ReadMetrics();
  private transient SalesforceClient client;
  private transient RestPages rest;
  private transient RecordParser parser;

  PagesFn(Connection connection, RowQuery query, Fields fields) {
    this.connection = connection;
    this.query = query;
    this.fields = fields;
  }

  /**
   * A page, read but not yet given out.
   *
   * @param all how many records the results have
   * @param next what Salesforce calls the next page, null after the last one
   */
  private record Page(List<@Nullable String[]> records, long all, @Nullable String next) {}

  @GetInitialRestriction
  public Pages initialRestriction() {
    return Pages.ALL;
  }

  @GetRestrictionCoder
  public Coder<Pages> restrictionCoder() {
    return SerializableCoder.of(Pages.class);
  }

  @NewTracker
  public PagesTracker tracker(@Restriction Pages part) {
    return new PagesTracker(part);
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, metrics);
    rest = new RestPages(client, query, metrics);
    parser = new RecordParser(connection.url().toString(), fields, query);
  }

  @ProcessElement
  public ProcessContinuation process(
      @Element QueryResults results,
      RestrictionTracker<Pages, PagePosition> tracker,
      MultiOutputReceiver out)
      throws IOException, InterruptedException {
    PagePosition from = tracker.currentRestriction().from();
    Page page = page(results, from);
    long records = from.records() + page.records().size();
    boolean last = page.next() == null;
    if (last && records != page.all()) {
      throw new ReadException(
          String.format(
              "expected %d records, found %d in %d pages of %s",
              page.all(), records, from.pages() + 1, results));
    }
    PagePosition next =
        last ? PagePosition.END : new PagePosition(from.pages() + 1, records, page.next());
    if (!tracker.tryClaim(next)) {
      return ProcessContinuation.stop();
    }
    if (from.equals(PagePosition.START)) {
      out.get(ReadResult.BEGUN).output(System.currentTimeMillis());
    }
    for (@Nullable String[] cells : page.records()) {
      RecordParser.Parsed parsed = parser.parse(cells);
      out.get(parsed.good() ? ReadResult.ROWS : ReadResult.ERRORS).output(parsed.row());
      metrics.row();
    }
    if (last) {
      out.get(ReadResult.COUNTS).output(records);
      if (results.jobId() != null) {
        out.get(DONE).output(results.jobId());
      }
    }
    return last ? ProcessContinuation.stop() : ProcessContinuation.resume();
  }

  private Page page(QueryResults results, PagePosition from)
      throws IOException, InterruptedException {
    if (results.jobId() == null) {
      QueryPage page = rest.page(results.window(), from.locator(), from.records());
      return new Page(RecordCells.of(page, query.paths()), page.totalSize(), page.next());
    }
    BulkPage page = client.results(results.jobId(), from.locator(), PAGE_RECORDS);
    metrics.page();
    return new Page(RecordCells.of(page, query.paths()), results.records(), page.locator());
  }

  @FinishBundle
  public void finishBundle() {
    metrics.flush();
  }

  @Teardown
  public void teardown() {
    client.close();
  }
}
