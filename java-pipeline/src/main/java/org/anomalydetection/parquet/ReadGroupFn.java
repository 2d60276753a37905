package org.anomalydetection.parquet;

import java.io.IOException;
import org.anomalydetection.csv.RowParser;
import org.anomalydetection.metrics.RowCounter;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Portions;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.BoundedPerElement;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads row groups, in chunks of rows of which any can be read alone. It stops now and then to go
 * on in another bundle; as that is mostly the next one of this very object, the group stays open.
 */
@BoundedPerElement
final class ReadGroupFn extends DoFn<RowGroup, Row> {
  private static final long serialVersionUID = 1L;

  private final Columns columns;
  private final Portions portions;
  private final long chunk;
  private final RowCounter read = new RowCounter(RowMetric.READ);
  private transient @Nullable RowParser parser;
  private transient @Nullable GroupReader open;

  /**
   * Reads groups with these columns.
   *
   * @param portions after how many records to stop and go on in another bundle
   * @param chunk how many rows are claimed together
   */
  ReadGroupFn(Columns columns, Portions portions, long chunk) {
    this.columns = columns;
    this.portions = portions;
    this.chunk = chunk;
  }

  @GetInitialRestriction
  public OffsetRange initialRestriction(@Element RowGroup group) {
    return new OffsetRange(0, (group.rows() + chunk - 1) / chunk);
  }

  @Setup
  public void setup() {
    parser = new RowParser(columns);
  }

  @StartBundle
  public void startBundle() {
    portions.begin();
  }

  @ProcessElement
  public ProcessContinuation process(
      @Element RowGroup group,
      RestrictionTracker<OffsetRange, Long> tracker,
      MultiOutputReceiver out)
      throws IOException {
    long first = tracker.currentRestriction().getFrom();
    long portion = portions.next(group.before() + first * chunk);
    if (portion == 0) {
      return ProcessContinuation.resume();
    }
    long end = first + Math.max(1, portion / chunk);
    boolean goesOn = false;
    try {
      for (long next = first; next < end; next++) {
        if (!tracker.tryClaim(next)) {
          return ProcessContinuation.stop();
        }
        readChunk(group, next * chunk, out);
      }
      goesOn = true;
      return ProcessContinuation.resume();
    } finally {
      if (!goesOn) {
        close();
      }
    }
  }

  private void readChunk(RowGroup group, long from, MultiOutputReceiver out) throws IOException {
    if (open == null || !open.isAt(group, from)) {
      close();
      open = GroupReader.open(group, from);
    }
    if (from == 0) {
      out.get(ReadResult.BEGUN).output(System.currentTimeMillis());
    }
    OutputReceiver<Row> good = out.get(ReadResult.ROWS);
    OutputReceiver<Row> bad = out.get(ReadResult.ERRORS);
    long end = Math.min(from + chunk, group.rows());
    while (open.next() < end) {
      parser.parse(group.path(), open.read(), good::output, bad::output);
      read.increment();
    }
    portions.take(end - from);
    out.get(ReadResult.COUNTS).output(end - from);
  }

  @FinishBundle
  public void finishBundle() {
    read.flush();
  }

  /** Closes the group that is open. */
  @Teardown
  public void close() throws IOException {
    if (open != null) {
      open.close();
      open = null;
    }
  }
}
