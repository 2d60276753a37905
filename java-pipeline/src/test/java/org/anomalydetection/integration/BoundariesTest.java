package org.anomalydetection.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.Header;
import org.anomalydetection.csv.ReadCsv;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.source.Columns;
import org.anomalydetection.transform.AnomalyDetection;
import org.anomalydetection.transform.Boundary;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Sessions;
import org.apache.beam.sdk.transforms.windowing.SlidingWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.transforms.windowing.WindowFn;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows that cross one by one beside the same rows as columns: the results are equal. */
class BoundariesTest {
  private static final Map<String, Map<String, String>> FOUND = new ConcurrentHashMap<>();

  @TempDir Path folder;

  static Stream<Arguments> windows() {
    Duration month = Duration.standardDays(30);
    return Stream.of(
        Arguments.of(100_000, FixedWindows.of(month), 1),
        Arguments.of(2000, SlidingWindows.of(month.multipliedBy(2)).every(month), 2),
        Arguments.of(2000, Sessions.withGapDuration(month), 1),
        Arguments.of(2000, new GlobalWindows(), 1));
  }

  @ParameterizedTest
  @MethodSource("windows")
  void shouldGiveEqualResultsForRowsAndColumns(
      int n, WindowFn<Object, ?> windows, int windowsOfARow) throws Exception {
    FOUND.clear();
    String input = generated(n);
    Columns columns = Header.read(input, "Id", ContractSchema.inputKinds());
    Map<Boundary, AnomalyDetection.Result> results = new EnumMap<>(Boundary.class);
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(PortableRunner.class);
    try (Engine engine = RunningService.engine(options)) {
      Pipeline pipeline = Pipeline.create(options);
      PCollection<Row> read = pipeline.apply(ReadCsv.from(input, columns)).rows();
      PCollection<Row> rows =
          read.apply("Spoil", ParDo.of(new SpoilFn()))
              .setRowSchema(read.getSchema())
              .apply(Window.into(windows));
      AnomalyDetection transform =
          AnomalyDetection.at(engine.expansionService())
              .withModel(Project.file("pretrained").toString())
              .withKeepFields(rows.getSchema().getFieldNames());
      for (Boundary boundary : Boundary.values()) {
        AnomalyDetection.Result result =
            rows.apply("By" + boundary, transform.withBoundary(boundary));
        result.scored().apply("Scored" + boundary, collect(boundary, "scored"));
        result.errors().apply("Errors" + boundary, collect(boundary, "errors"));
        results.put(boundary, result);
      }
      SameFields.require(
          results.get(Boundary.ROWS).scored().getSchema(),
          results.get(Boundary.COLUMNS).scored().getSchema());
      assertEquals(ContractSchema.ERRORS, results.get(Boundary.ROWS).errors().getSchema());
      assertEquals(ContractSchema.ERRORS, results.get(Boundary.COLUMNS).errors().getSchema());
      pipeline.run().waitUntilFinish();
    }
    Map<String, String> scored = assertSame("scored");
    Map<String, String> errors = assertSame("errors");
    assertEquals(windowsOfARow * n, scored.size() + errors.size());
    assertTrue(scored.size() > 9 * errors.size());
    for (String wrong : List.of("Amount: expected a finite", "CloseDate: expected", "\\ud83d")) {
      assertTrue(errors.values().stream().anyMatch(error -> error.contains(wrong)), wrong);
    }
  }

  private String generated(int rows) throws Exception {
    Path file = folder.resolve("generated.csv");
    List<String> command = new ArrayList<>(List.of(Executables.python().orElseThrow(), "generate"));
    command.addAll(List.of("--rows", "" + rows, "--anomalies", "0.02", "--output", "" + file));
    Forked run = Forked.command(folder, command);
    assertEquals(0, run.exitCode(), run.err());
    return file.toString();
  }

  private static Map<String, String> assertSame(String output) {
    Map<String, String> asRows = FOUND.get(Boundary.ROWS + output);
    Map<String, String> asColumns = FOUND.get(Boundary.COLUMNS + output);
    assertEquals(asRows.keySet(), asColumns.keySet());
    asRows.forEach((id, row) -> assertEquals(row, asColumns.get(id)));
    return asRows;
  }

  private static ParDo.SingleOutput<Row, Void> collect(Boundary boundary, String output) {
    return ParDo.of(new CollectFn(boundary + output));
  }

  /** Gives rows timestamps, and some of them what cannot be scored. */
  private static final class SpoilFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Row row, OutputReceiver<Row> out) {
      Row.FieldValueBuilder changed = Row.fromRow(row);
      int kind = Math.floorMod(row.getString("Id").hashCode(), 500);
      Row result =
          switch (kind) {
            case 1 -> changed.withFieldValue("Amount", Double.NaN).build();
            case 2 -> changed.withFieldValue("CloseDate", "soon").build();
            case 3 -> changed.withFieldValue("Name", "half \uD83D of a pair").build();
            default -> row;
          };
      String created = row.getString("CreatedDate");
      Instant time =
          created == null
              ? Instant.EPOCH
              : Instant.ofEpochMilli(
                  LocalDate.parse(created.substring(0, 10)).toEpochDay() * 86_400_000L);
      out.outputWithTimestamp(result, time.plus(Duration.standardSeconds(kind)));
    }
  }

  /** Hands rows to the test, whose process the Java worker runs in. */
  private static final class CollectFn extends DoFn<Row, Void> {
    private static final long serialVersionUID = 1L;

    private final String name;

    CollectFn(String name) {
      this.name = name;
    }

    @ProcessElement
    public void process(@Element Row row, @Timestamp Instant time, BoundedWindow window) {
      String before =
          FOUND
              .computeIfAbsent(name, key -> new ConcurrentHashMap<>())
              .put(row.getString("id") + " " + window, time + " " + row);
      if (before != null) {
        throw new IllegalStateException("twice: " + row);
      }
    }
  }
}
