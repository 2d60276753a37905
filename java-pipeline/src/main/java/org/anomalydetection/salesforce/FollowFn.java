package org.anomalydetection.salesforce;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.UnboundedPerElement;
import org.apache.beam.sdk.transforms.splittabledofn.ManualWatermarkEstimator;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.WatermarkEstimators;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads window after window of the cursor, up to a lag behind the clock, by REST: bulk queries at
 * such a pace would use up those of a day within hours. Rows have the time of their last change,
 * and the watermark is the end of the last window. A bundle that a runner repeats reads its windows
 * again.
 */
@UnboundedPerElement
final class FollowFn extends DoFn<byte[], Row> {
  private static final long serialVersionUID = 1L;

  /** With so many records in a bundle the next window is for another one. */
  private static final long ENOUGH_RECORDS = 2000;

  private final Connection connection;
  private final RowQuery query;
  private final Fields fields;
  private final OffsetRange range;
  private final Duration window;
  private final Duration lag;
  private final Duration poll;
  private final ReadMetrics metrics = new ReadMetrics();
  private transient SalesforceClient client;
  private transient RestPages rest;
  private transient RecordParser parser;

  /**
   * @param range what to read, in milliseconds since 1970; to the greatest number for no end
   * @param window how long a window is at most, to begin with
   * @param lag how long Salesforce is given until all changes show
   * @param poll how long to wait where there is nothing to read yet
   */
  FollowFn(
      Connection connection,
      RowQuery query,
      Fields fields,
      OffsetRange range,
      Duration window,
      Duration lag,
      Duration poll) {
    this.connection = connection;
    this.query = query;
    this.fields = fields;
    this.range = range;
    this.window = window;
    this.lag = lag;
    this.poll = poll;
  }

  @GetInitialRestriction
  public OffsetRange initialRestriction() {
    return range;
  }

  @NewTracker
  public TimeTracker tracker(@Restriction OffsetRange part) {
    return new TimeTracker(part);
  }

  @GetInitialWatermarkEstimatorState
  public org.joda.time.Instant initialWatermark(@Restriction OffsetRange part) {
    return org.joda.time.Instant.ofEpochMilli(part.getFrom());
  }

  @NewWatermarkEstimator
  public ManualWatermarkEstimator<org.joda.time.Instant> watermark(
      @WatermarkEstimatorState org.joda.time.Instant state) {
    return new WatermarkEstimators.Manual(state);
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, metrics);
    rest = new RestPages(client, query, metrics);
    parser = new RecordParser(connection.url().toString(), fields, query);
  }

  @ProcessElement
  public ProcessContinuation process(
      RestrictionTracker<OffsetRange, Long> tracker,
      ManualWatermarkEstimator<org.joda.time.Instant> watermark,
      MultiOutputReceiver out)
      throws IOException, InterruptedException {
    OffsetRange part = tracker.currentRestriction();
    long start = part.getFrom();
    if (start == range.getFrom()) {
      out.get(ReadResult.BEGUN).outputWithTimestamp(System.currentTimeMillis(), time(start));
    }
    long step = window.toMillis();
    long records = 0;
    // What comes to show meanwhile is left to the next poll.
    long visible = Math.min(System.currentTimeMillis() - lag.toMillis(), part.getTo());
    while (records < ENOUGH_RECORDS) {
      if (start >= visible) {
        return ProcessContinuation.resume().withResumeDelay(joda(poll));
      }
      long end = Math.min(start + step, visible);
      if (!tracker.tryClaim(end - 1)) {
        return ProcessContinuation.stop();
      }
      long found = read(window(start, end), out);
      out.get(ReadResult.COUNTS).outputWithTimestamp(found, time(end - 1));
      watermark.setWatermark(time(end));
      if (end == part.getTo()) {
        return ProcessContinuation.stop();
      }
      records += found;
      start = end;
      // Long spans in which hardly anything happened need few calls.
      step = 2 * step;
    }
    return ProcessContinuation.resume();
  }

  private static QueryWindow window(long start, long end) {
    return new QueryWindow(Instant.ofEpochMilli(start), Instant.ofEpochMilli(end));
  }

  /** Reads a window wholly and returns how many records it has. */
  private long read(QueryWindow part, MultiOutputReceiver out)
      throws IOException, InterruptedException {
    QueryPage page;
    try {
      page = rest.page(part, null, 0);
    } catch (SalesforceException e) {
      if (e.kind() != SalesforceException.Kind.QUERY_TIMEOUT || query.smaller(part).size() == 1) {
        throw e;
      }
      long records = 0;
      for (QueryWindow half : query.smaller(part)) {
        records += read(half, out);
      }
      return records;
    }
    long records = give(page, part, out);
    while (page.next() != null) {
      page = rest.page(part, page.next(), records);
      records += give(page, part, out);
    }
    return records;
  }

  private long give(QueryPage page, QueryWindow part, MultiOutputReceiver out) {
    List<@Nullable String[]> records = RecordCells.of(page, query.paths());
    for (@Nullable String[] cells : records) {
      RecordParser.Parsed parsed = parser.parse(cells);
      Instant changed = parsed.changed() == null ? part.start() : parsed.changed();
      out.get(parsed.good() ? ReadResult.ROWS : ReadResult.ERRORS)
          .outputWithTimestamp(parsed.row(), time(changed.toEpochMilli()));
      metrics.row();
    }
    return records.size();
  }

  private static org.joda.time.Instant time(long millis) {
    return org.joda.time.Instant.ofEpochMilli(millis);
  }

  private static org.joda.time.Duration joda(Duration duration) {
    return org.joda.time.Duration.millis(duration.toMillis());
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
