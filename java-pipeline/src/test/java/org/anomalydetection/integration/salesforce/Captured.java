package org.anomalydetection.integration.salesforce;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Instant;

/** What a pipeline read, whose workers are in this process; of one pipeline at a time. */
final class Captured {
  /** A row and its time. */
  record Timed(Row row, long millis) {}

  private static final Queue<Timed> ROWS = new ConcurrentLinkedQueue<>();
  private static final Queue<Row> ERRORS = new ConcurrentLinkedQueue<>();
  private static final Queue<Long> COUNTS = new ConcurrentLinkedQueue<>();

  private Captured() {}

  /** Captures anew what these steps give; {@code rows} may be less than all that was read. */
  static void from(ReadResult read, PCollection<Row> rows) {
    ROWS.clear();
    ERRORS.clear();
    COUNTS.clear();
    rows.apply("CaptureRows", ParDo.of(new RowFn()));
    read.errors().apply("CaptureErrors", ParDo.of(new ErrorFn()));
    read.count().apply("CaptureCounts", ParDo.of(new CountFn()));
  }

  static List<Timed> rows() {
    return List.copyOf(ROWS);
  }

  static List<Row> errors() {
    return List.copyOf(ERRORS);
  }

  /** Returns how many records there were in each part. */
  static List<Long> counts() {
    return List.copyOf(COUNTS);
  }

  static long count() {
    return COUNTS.stream().mapToLong(count -> count).sum();
  }

  private static final class RowFn extends DoFn<Row, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Row row, @Timestamp Instant time) {
      ROWS.add(new Timed(row, time.getMillis()));
    }
  }

  private static final class ErrorFn extends DoFn<Row, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Row row) {
      ERRORS.add(row);
    }
  }

  private static final class CountFn extends DoFn<Long, Void> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Long count) {
      COUNTS.add(count);
    }
  }
}
