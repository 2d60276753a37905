package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.IntStream;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackRowsTest {
  private static final Schema SCHEMA = Schema.builder().addStringField("Id").build();
  private static final Duration WINDOW = Duration.standardSeconds(10);

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 5, 1L << 40})
  void shouldKeepTheTimestampAndWindowOfARowInError(long blockRows) {
    // Between steps this runner copies rows by their coder, which knows no half of a pair.
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setEnforceImmutability(false);
    options.setEnforceEncodability(false);
    Pipeline pipeline = Pipeline.create(options);
    PCollectionTuple sent =
        pipeline
            .apply(Create.of(100))
            .apply(ParDo.of(new RowsFn()))
            .setRowSchema(SCHEMA)
            .apply(Window.into(FixedWindows.of(WINDOW)))
            .apply(PackRows.of(blockRows, "Id"));
    assertEquals(ContractSchema.ERRORS, sent.get(PackRows.ERRORS).getSchema());
    Seen errors = new Seen();
    errors.rows("Errors", sent.get(PackRows.ERRORS), "found");
    Seen rows = new Seen();
    rows.rows(
        "Rows",
        sent.get(PackRows.SENT)
            .apply("Echo", ParDo.of(new EchoFn()))
            .setRowSchema(Echo.schema(1))
            .apply(UnpackRows.of(SCHEMA, List.of("Id"))),
        "id");
    pipeline.run().waitUntilFinish();
    assertEquals(expected(true), errors.sorted());
    assertEquals(expected(false), rows.sorted());
  }

  private static List<String> expected(boolean bad) {
    return IntStream.range(0, 100)
        .filter(i -> isBad(i) == bad)
        .mapToObj(
            i -> {
              Instant start = Instant.ofEpochMilli(i / 10 * WINDOW.getMillis());
              String id = bad ? i + "\\ud83d" : "row " + i;
              return id + " at " + i * 1000 + " in " + new IntervalWindow(start, WINDOW);
            })
        .sorted()
        .toList();
  }

  private static boolean isBad(int i) {
    return i % 10 == 3 || i / 10 == 4;
  }

  private static final class RowsFn extends DoFn<Integer, Row> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Integer n, OutputReceiver<Row> out) {
      for (int i = 0; i < n; i++) {
        String id = isBad(i) ? i + "\uD83D" : "row " + i;
        out.outputWithTimestamp(
            Row.withSchema(SCHEMA).addValue(id).build(), Instant.ofEpochMilli(i * 1000L));
      }
    }
  }
}
