package org.anomalydetection.integration.cloud;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.api.services.bigquery.model.TableRow;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.anomalydetection.cloud.bigquery.FakeBigQuery;
import org.anomalydetection.integration.Outputs;
import org.anomalydetection.integration.RunningService;
import org.anomalydetection.integration.SampleRows;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs that write to tables of a BigQuery in this process. */
class BigQueryRunTest {
  private static final int ROWS = 40;

  @TempDir Path folder;

  @Test
  void shouldLoseNoRowThatATableRefuses() throws Exception {
    String table = FakeBigQuery.reset();
    FakeBigQuery.refuse(
        (Function<TableRow, Boolean> & Serializable) row -> "Closed Won".equals(row.get("stage")));
    List<String> lines = sample();
    lines.set(3, "too,few");
    MainResult run = run(lines, "first", "--outputTable=" + table);
    assertEquals(0, run.exitCode(), run.err());
    List<JsonNode> scored = Outputs.scored(folder.resolve("first"));
    List<JsonNode> errors = Outputs.errors(folder.resolve("first"));
    Map<String, JsonNode> refused =
        errors.stream()
            .filter(error -> error.get("stage").asText().equals("write table"))
            .collect(Collectors.toMap(error -> error.get("id").asText(), error -> error));
    List<JsonNode> won =
        scored.stream().filter(row -> row.path("Stage").asText().equals("Closed Won")).toList();
    assertEquals(ROWS - 1, scored.size());
    assertEquals(ids(won), refused.keySet().stream().sorted().toList());
    assertEquals(1 + won.size(), errors.size());
    assertThat(run.out(), startsWith(ROWS + " rows read: " + (ROWS - 1) + " scored, "));
    assertThat(run.out(), containsString("; 1 in error."));
    assertThat(
        run.out(),
        containsString("\n" + won.size() + " of the scored rows were refused by a table;"));

    List<TableRow> rows = FakeBigQuery.rows(table);
    assertEquals(scored.size() - won.size(), rows.size());
    assertEquals(errors.size(), FakeBigQuery.rows(table + "_errors").size());

    String other = FakeBigQuery.reset();
    MainResult replayed =
        run(
            List.of(),
            "again",
            "--replay=" + folder.resolve("first/errors-*.jsonl"),
            "--outputTable=" + other);
    assertEquals(0, replayed.exitCode(), replayed.err());
    assertEquals(
        won.stream().collect(Collectors.toMap(BigQueryRunTest::id, row -> row)),
        Outputs.scored(folder.resolve("again")).stream()
            .collect(Collectors.toMap(BigQueryRunTest::id, row -> row)));
    assertThat(replayed.out(), startsWith(errors.size() + " rows read: " + won.size()));
    assertEquals(won.size(), FakeBigQuery.rows(other).size());
  }

  private MainResult run(List<String> input, String output, String... options) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--expansionService=" + RunningService.address(),
                "--output=" + folder.resolve(output),
                "--report=false"));
    if (!input.isEmpty()) {
      Path file = Files.writeString(folder.resolve("in.csv"), String.join("\n", input) + "\n");
      all.add("--input=" + file);
    }
    all.addAll(FakeBigQuery.OPTIONS);
    all.addAll(List.of(options));
    return MainResult.of(all.toArray(String[]::new));
  }

  private static List<String> sample() {
    return new ArrayList<>(SampleRows.lines().subList(0, ROWS + 1));
  }

  private static String id(JsonNode row) {
    return row.get("id").asText();
  }

  private static List<String> ids(List<JsonNode> rows) {
    return rows.stream().map(BigQueryRunTest::id).sorted().toList();
  }
}
