package org.anomalydetection.csv;

import java.io.IOException;
import org.anomalydetection.metrics.RowCounter;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.BoundedPerElement;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads a file from its beginning to its end, since where a record ends is known only by reading
 * all before it. It stops now and then to go on in another bundle, so that what follows can begin
 * with the first records while others are still to be read, and nobody holds all of them at once.
 */
@BoundedPerElement
final class ReadFn extends DoFn<String, Row> {
  private static final long serialVersionUID = 1L;

  private static final long FIRST_RECORDS = 4096;

  private final Columns columns;
  private final long recordsAtOnce;
  private final RowCounter read = new RowCounter(RowMetric.READ);
  private transient @Nullable RowParser parser;

  /**
   * Reads files with these columns.
   *
   * @param recordsAtOnce after how many records at most to stop and go on in another bundle
   */
  ReadFn(Columns columns, long recordsAtOnce) {
    this.columns = columns;
    this.recordsAtOnce = recordsAtOnce;
  }

  @GetInitialRestriction
  public FilePart initialRestriction() {
    return FilePart.WHOLE;
  }

  @GetRestrictionCoder
  public Coder<FilePart> restrictionCoder() {
    return new FilePart.Coder();
  }

  @NewTracker
  public FilePartTracker tracker(@Restriction FilePart part) {
    return new FilePartTracker(part);
  }

  @Setup
  public void setup() {
    parser = new RowParser(columns);
  }

  @ProcessElement
  public ProcessContinuation process(
      @Element String path, RestrictionTracker<FilePart, Position> tracker, MultiOutputReceiver out)
      throws IOException {
    Position from = tracker.currentRestriction().from();
    OutputReceiver<Row> good = out.get(ReadResult.ROWS);
    OutputReceiver<Row> bad = out.get(ReadResult.ERRORS);
    try (RecordScanner record = RecordScanner.open(path, "input", from)) {
      if (from.equals(Position.START)) {
        record.next();
        if (!tracker.tryClaim(record.position())) {
          return ProcessContinuation.stop();
        }
        out.get(ReadResult.BEGUN).output(System.currentTimeMillis());
      }
      // As many again as were read: what follows begins early, and its bundles are few.
      long more = Math.max(from.records(), FIRST_RECORDS);
      long last = from.records() + Math.min(more, recordsAtOnce);
      while (record.number() < last) {
        if (!record.next()) {
          if (tracker.tryClaim(Position.END)) {
            out.get(ReadResult.COUNTS).output(record.number());
          }
          return ProcessContinuation.stop();
        }
        if (!tracker.tryClaim(record.position())) {
          return ProcessContinuation.stop();
        }
        parser.parse(path, record, good::output, bad::output);
        read.increment();
      }
      return ProcessContinuation.resume();
    }
  }

  @FinishBundle
  public void finishBundle() {
    read.flush();
  }
}
