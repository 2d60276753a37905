package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Sessions;
import org.apache.beam.sdk.transforms.windowing.SlidingWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.transforms.windowing.WindowFn;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of a stream that are packed and unpacked, beside the same rows as they are. */
class WindowsTest {
  private static final Schema SCHEMA = Schema.builder().addStringField("Id").build();

  private final Seen rows = new Seen();
  private final Seen packedRows = new Seen();
  private final Seen panes = new Seen();
  private final Seen packedPanes = new Seen();
  private TestStream.Builder<Row> stream =
      TestStream.create(RowCoder.of(SCHEMA)).advanceWatermarkTo(Instant.EPOCH);

  static Stream<Arguments> windows() {
    return Stream.of(
            FixedWindows.of(Duration.standardSeconds(10)),
            SlidingWindows.of(Duration.standardSeconds(30)).every(Duration.standardSeconds(10)),
            Sessions.withGapDuration(Duration.standardSeconds(3)))
        .flatMap(windows -> Stream.of(2, 4096).map(blockRows -> Arguments.of(windows, blockRows)));
  }

  @ParameterizedTest
  @MethodSource("windows")
  void shouldKeepWhatIsOnTimeAndWhatIsLate(WindowFn<Object, ?> windows, int blockRows) {
    bundle("a", 23, i -> 25_000 - i * 1000);
    bundle("b", 60, i -> i * 700 % 31_000);
    watermark(40_000);
    bundle("late", 9, i -> 26_000 + i * 400);
    bundle("alone", 1, i -> 45_000);
    watermark(120_000);
    bundle("too late", 5, i -> 50_000 + i);
    bundle("last", 3, i -> 121_000 - i * 20_000);
    compare(windows, blockRows);
    assertTrue(packedRows.sorted().stream().anyMatch(row -> row.startsWith("too late")));
    List<String> found = packedPanes.sorted();
    assertTrue(found.stream().anyMatch(pane -> pane.startsWith("ON_TIME")));
    assertTrue(found.stream().anyMatch(pane -> pane.startsWith("LATE")));
    assertTrue(found.stream().noneMatch(pane -> pane.contains("too late")));
  }

  @ParameterizedTest
  @MethodSource("windows")
  void shouldKeepRowsOfAnyOrder(WindowFn<Object, ?> windows, int blockRows) {
    Random random = new Random(blockRows);
    int watermark = 0;
    for (int i = 0; i < 12; i++) {
      int now = watermark;
      // Up to 40 seconds late, of which 15 are allowed.
      bundle(
          "bundle " + i,
          1 + random.nextInt(40),
          unused -> Math.max(0, now - 40_000 + random.nextInt(80_000)));
      if (random.nextBoolean()) {
        watermark += random.nextInt(30_000);
        watermark(watermark);
      }
    }
    compare(windows, blockRows);
  }

  @ParameterizedTest
  @MethodSource("windows")
  void shouldNotMakeARowLateWhoseBundleEndsBeforeTheWatermark(
      WindowFn<Object, ?> windows, int blockRows) {
    for (int second = 0; second < 25; second++) {
      int start = second * 1000;
      bundle("second " + second, 4, i -> start + 900 - i * 300);
      watermark(start + 999);
    }
    compare(windows, blockRows);
    assertTrue(packedPanes.sorted().stream().allMatch(pane -> pane.startsWith("ON_TIME")));
  }

  @SuppressWarnings("unchecked") // an array of a generic type
  private void bundle(String id, int n, IntUnaryOperator timestamp) {
    TimestampedValue<Row>[] values = (TimestampedValue<Row>[]) new TimestampedValue<?>[n];
    for (int i = 0; i < n; i++) {
      Row row = Row.withSchema(SCHEMA).addValue(id + ", row " + i).build();
      values[i] = TimestampedValue.of(row, Instant.ofEpochMilli(timestamp.applyAsInt(i)));
    }
    stream = stream.addElements(values[0], Arrays.copyOfRange(values, 1, n));
  }

  private void watermark(int millis) {
    stream = stream.advanceWatermarkTo(Instant.ofEpochMilli(millis));
  }

  private void compare(WindowFn<Object, ?> windows, int blockRows) {
    Pipeline pipeline = Pipeline.create();
    PCollection<Row> sent =
        pipeline
            .apply(stream.advanceWatermarkToInfinity())
            .setRowSchema(SCHEMA)
            .apply(
                Window.<Row>into(windows)
                    .withAllowedLateness(Duration.standardSeconds(15))
                    .discardingFiredPanes());
    PCollection<Row> scored =
        sent.apply("Pack", PackRows.of(blockRows, "Id"))
            .get(PackRows.SENT)
            .apply("Echo", ParDo.of(new EchoFn()))
            .setRowSchema(Echo.schema(1))
            .apply("Unpack", UnpackRows.of(SCHEMA, List.of("Id")));
    rows.rows("Rows", sent, "Id");
    packedRows.rows("PackedRows", scored, "id");
    panes.panes("Panes", sent, "Id");
    packedPanes.panes("PackedPanes", scored, "id");
    pipeline.run().waitUntilFinish();
    assertTrue(rows.sorted().size() >= 100);
    assertEquals(rows.sorted(), packedRows.sorted());
    assertEquals(panes.sorted(), packedPanes.sorted());
  }
}
