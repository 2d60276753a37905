package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.engine.TestServers;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole path: CSV, Java, Prism, Python, files and the summary. */
class SampleRunTest {
  private static final int SAMPLE_ROWS = 2000;

  @TempDir Path folder;

  /** The command as people run it, with an engine of its own. */
  @Test
  void shouldScoreTheSampleAndLeaveNothingRunning() throws Exception {
    Set<Long> seen = new HashSet<>();
    Forked run = Forked.main(folder, "--output=" + folder.resolve("out"));
    while (run.isAlive()) {
      run.handle().descendants().forEach(process -> seen.add(process.pid()));
      Thread.sleep(100);
    }
    assertEquals(0, run.exitCode(), run.err());
    assertThat(run.out(), containsString("2,000 rows read: "));
    assertThat(run.out(), containsString("The oddest rows:"));
    assertThat(run.out(), containsString(folder.resolve("out") + "/scored-*.jsonl"));
    assertThat(run.err(), containsString("2,000 rows read, "));
    assertThat(run.err(), not(containsString("Exception")));
    List<JsonNode> scored = Outputs.scored(folder.resolve("out"));
    assertEquals(SAMPLE_ROWS, scored.size() + Outputs.errors(folder.resolve("out")).size());
    assertEquals(
        SAMPLE_ROWS, scored.stream().map(row -> row.get("id").asText()).distinct().count());
    assertTrue(seen.size() >= 2, "Prism and the Python service ran");
    for (long pid : seen) {
      Optional<ProcessHandle> process = ProcessHandle.of(pid);
      if (process.isPresent()) {
        process.get().onExit().get(10, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void shouldWriteContractFieldsThenKeptColumns() throws IOException {
    Path out = folder.resolve("out");
    MainResult result =
        MainResult.of(
            service(),
            "--output=" + out,
            "--keepColumns=Owner,Opportunity Name,Amount",
            "--alpha=0.05",
            "--explain=2",
            "--explainAll",
            "--batchSize=100");
    assertEquals(0, result.exitCode(), result.err());
    List<String> expected = new ArrayList<>(ContractSchema.SCORED.getFieldNames());
    expected.addAll(List.of("Owner", "Name", "Amount"));
    int reasons = 0;
    for (JsonNode row : Outputs.scored(out)) {
      List<String> names = new ArrayList<>();
      row.fieldNames().forEachRemaining(names::add);
      assertEquals(expected, names);
      assertEquals(row.get("p_value").asDouble() <= 0.05, row.get("label").asInt() == 1);
      assertTrue(row.get("reasons").size() <= 2);
      for (JsonNode reason : row.get("reasons")) {
        assertTrue(reason.get("field").isTextual());
        reasons++;
      }
    }
    assertTrue(reasons > SAMPLE_ROWS / 2, "reasons for normal rows too");
  }

  /** Two stray quotes leave valid CSV, in which many records are one cell. */
  @Test
  void shouldWarnOfACellThatSwallowsRecords() throws IOException {
    List<String> lines =
        new ArrayList<>(
            SampleRows.lines().stream().filter(line -> !line.contains("\"")).limit(41).toList());
    lines.set(10, lines.get(10).replaceFirst(",", ",\""));
    lines.set(35, lines.get(35).replaceFirst("^([^,]*,[^,]*),", "$1\","));
    Path input = Files.writeString(folder.resolve("in.csv"), String.join("\n", lines) + "\n");
    MainResult result =
        MainResult.of(service(), "--input=" + input, "--output=" + folder.resolve("out"));
    assertEquals(0, result.exitCode(), result.err());
    assertThat(result.out(), containsString("15 rows read: 15 scored, "));
    assertThat(
        result.out(),
        containsString(
            String.format(
                "warning: %s, record 10: column AccountType holds 25 line breaks; is a quote not"
                    + " closed?%n",
                input)));
  }

  @Test
  void shouldPutBadRowsIntoErrorsAndGoOn() throws IOException {
    Path out = Files.createDirectories(folder.resolve("out"));
    Files.writeString(out.resolve("scored-00000-of-00009.jsonl"), "old\n");
    List<String> lines = sample();
    StringBuilder bad = new StringBuilder();
    bad.append(lines.get(0)).append('\n').append(lines.get(1)).append('\n');
    bad.append("too,few,cells\n");
    bad.append(lines.get(1)).append('\n');
    Path input = Files.writeString(folder.resolve("bad.csv"), bad);
    MainResult result = MainResult.of(service(), "--input=" + input, "--output=" + out);
    assertEquals(0, result.exitCode(), result.err());
    assertThat(result.out(), containsString("3 rows read: 2 scored, "));
    assertThat(result.out(), containsString("1 in error"));
    List<JsonNode> scored = Outputs.scored(out);
    assertEquals(scored.get(0).get("id"), scored.get(1).get("id"), "an id twice is kept");
    JsonNode error = Outputs.errors(out).get(0);
    assertEquals(2, error.get("row").asInt());
    assertEquals("expected 22 cells, found 3 cells", error.get("error").asText());
    try (Stream<Path> files = Files.list(out)) {
      List<String> names = files.map(file -> file.getFileName().toString()).toList();
      assertFalse(names.contains("scored-00000-of-00009.jsonl"), "nothing of an earlier run");
      for (String name : names) {
        assertTrue(name.matches("(scored|errors)-[0-9]+-of-[0-9]+[.]jsonl|report[.]html"), name);
      }
    }
  }

  @Test
  void shouldUseTheRunnerThatRuns() throws IOException {
    String prism = TestServers.prism();
    for (String name : new String[] {"first", "second"}) {
      Path out = folder.resolve(name);
      MainResult result =
          MainResult.of(
              service(), "--jobEndpoint=" + prism, "--prism=/no/prism", "--output=" + out);
      assertEquals(0, result.exitCode(), result.err());
      assertEquals(SAMPLE_ROWS, Outputs.scored(out).size() + Outputs.errors(out).size());
    }
  }

  @Test
  void shouldScoreAFileOfOnlyAHeader() throws IOException {
    Path input = Files.writeString(folder.resolve("empty.csv"), sample().get(0) + "\n");
    Path out = folder.resolve("out");
    MainResult result = MainResult.of(service(), "--input=" + input, "--output=" + out);
    assertEquals(0, result.exitCode(), result.err());
    assertThat(result.out(), containsString("0 rows read: 0 scored, 0 of them odd; 0 in error."));
    assertEquals(List.of(), Outputs.scored(out));
  }

  @Test
  void shouldCarryColumnsWhoseNamesPythonCannotHave() throws IOException {
    List<String> lines = sample();
    Path input =
        Files.writeString(
            folder.resolve("names.csv"),
            lines.get(0) + ",#,class,Année fiscale\n" + lines.get(1) + ",7,first,2024\n");
    Path out = folder.resolve("out");
    MainResult result = MainResult.of(service(), "--input=" + input, "--output=" + out);
    assertEquals(0, result.exitCode(), result.err());
    JsonNode row = Outputs.scored(out).get(0);
    assertEquals("7", row.get("#").asText());
    assertEquals("first", row.get("class").asText());
    assertEquals("2024", row.get("Année fiscale").asText());
    assertThat(row.get("Id").asText(), not(emptyString()));
  }

  private static String service() {
    return "--expansionService=" + RunningService.address();
  }

  private static List<String> sample() {
    return SampleRows.lines();
  }
}
