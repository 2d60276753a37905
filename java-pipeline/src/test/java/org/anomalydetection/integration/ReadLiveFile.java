package org.anomalydetection.integration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.UnboundedPerElement;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.splittabledofn.ManualWatermarkEstimator;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.WatermarkEstimators;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Reads a file that goes on growing, in the way of an org: each line is an id and the milliseconds
 * since 1970 at which it became known; every third comes twice, as from a source that reads at
 * least once.
 */
final class ReadLiveFile extends PTransform<PBegin, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  static final Schema SCHEMA = Schema.builder().addStringField("Id").build();
  static final long LAG_MILLIS = 500;
  static final long POLL_MILLIS = 200;

  private final String path;
  private final long from;

  ReadLiveFile(Path path, java.time.Instant from) {
    this.path = path.toString();
    this.from = from.toEpochMilli();
  }

  @Override
  public PCollection<Row> expand(PBegin input) {
    return input
        .apply("Path", Create.of(path).withCoder(StringUtf8Coder.of()))
        .apply("Lines", ParDo.of(new ReadFn(from)))
        .setRowSchema(SCHEMA);
  }

  @UnboundedPerElement
  static final class ReadFn extends DoFn<String, Row> {
    private static final long serialVersionUID = 1L;

    private final long from;

    ReadFn(long from) {
      this.from = from;
    }

    @GetInitialRestriction
    public OffsetRange initialRestriction() {
      return new OffsetRange(from, Long.MAX_VALUE);
    }

    @GetInitialWatermarkEstimatorState
    public Instant initialWatermark() {
      return Instant.ofEpochMilli(from);
    }

    @NewWatermarkEstimator
    public WatermarkEstimators.Manual watermark(@WatermarkEstimatorState Instant at) {
      return new WatermarkEstimators.Manual(at);
    }

    @ProcessElement
    public ProcessContinuation process(
        @Element String path,
        RestrictionTracker<OffsetRange, Long> tracker,
        ManualWatermarkEstimator<Instant> watermark,
        OutputReceiver<Row> out)
        throws IOException {
      long start = tracker.currentRestriction().getFrom();
      long end = System.currentTimeMillis() - LAG_MILLIS;
      if (end > start) {
        if (!tracker.tryClaim(end - 1)) {
          return ProcessContinuation.stop();
        }
        for (String line : Files.readAllLines(Path.of(path))) {
          String[] parts = line.split(",", 2);
          long time = Long.parseLong(parts[1]);
          if (time >= start && time < end) {
            Row row = Row.withSchema(SCHEMA).addValue(parts[0]).build();
            out.outputWithTimestamp(row, Instant.ofEpochMilli(time));
            if (time % 3 == 0) {
              out.outputWithTimestamp(row, Instant.ofEpochMilli(time));
            }
          }
        }
        watermark.setWatermark(Instant.ofEpochMilli(end));
      }
      return ProcessContinuation.resume().withResumeDelay(Duration.millis(POLL_MILLIS));
    }
  }
}
