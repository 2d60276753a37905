package org.anomalydetection.salesforce;

import java.io.IOException;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
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

  private final Connection connection;
  private final RowQuery query;
  private final Fields fields;
  private final ReadMetrics metrics = new ReadMetrics();
  private transient SalesforceClient client;
  private transient BulkPages bulk;
  private transient RestPages rest;
  private transient IdPages byId;
  private transient RecordParser parser;

  PagesFn(Connection connection, RowQuery query, Fields fields) {
    this.connection = connection;
    this.query = query;
    this.fields = fields;
  }

  @GetInitialRestriction
  public Pages initialRestriction() {
    return Pages.ALL;
  }

  @GetRestrictionCoder
  public Coder<Pages> restrictionCoder() {
    return SerializableCoder.of(Pages.class);
  }

  @NewTracker
  public PagesTracker tracker(@Element QueryResults results, @Restriction Pages part) {
    return new PagesTracker(part, results.records());
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, metrics);
    bulk = new BulkPages(client, query, metrics);
    rest = new RestPages(client, connection, query, metrics);
    byId = new IdPages(rest, query, metrics, connection.pageSize());
    parser = new RecordParser(connection.url().toString(), fields, query);
  }

  @ProcessElement
  public ProcessContinuation process(
      @Element QueryResults results,
      RestrictionTracker<Pages, PagePosition> tracker,
      MultiOutputReceiver out)
      throws IOException, InterruptedException {
    PagePosition from = tracker.currentRestriction().from();
    ResultPage page = page(results, from);
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

  private ResultPage page(QueryResults results, PagePosition from)
      throws IOException, InterruptedException {
    String locator = from.locator();
    if (results.jobId() != null) {
      return bulk.page(results, locator);
    }
    QueryWindow window = results.window();
    if (locator != null && !locator.startsWith("/")) {
      return byId.page(window, locator, from.records());
    }
    try {
      QueryPage page = rest.page(window, locator, from.records());
      return new ResultPage(RecordCells.of(page, query.paths()), page.totalSize(), page.next());
    } catch (SalesforceException e) {
      boolean tooMuch = e.kind() == Kind.QUERY_TIMEOUT || e.kind() == Kind.TOO_LARGE;
      if (!tooMuch || locator != null || !query.mayGoById(window)) {
        throw e;
      }
      metrics.retry();
      return byId.page(window, "", 0);
    }
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
