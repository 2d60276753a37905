package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose output is of each format, and what becomes of their errors when these are mended. */
class FormatsAndReplayTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;
  private Path out;
  private List<String> lines;

  @BeforeEach
  void takeSample() {
    out = folder.resolve("out");
    lines = SampleRows.lines();
  }

  /** The report is made by Python: another reader of the files. */
  @ParameterizedTest
  @ValueSource(strings = {"csv", "parquet"})
  void shouldWriteFilesThatTheReportIsMadeOf(String format) throws IOException {
    Path input = input(lines.get(0), lines.get(1), "too,few,cells", lines.get(2));
    Files.createDirectory(out);
    Files.writeString(out.resolve("scored-00000-of-00001.jsonl"), "of another run");
    MainResult result =
        run("--input=" + input, "--outputFormat=" + format, "--report", "--findDuplicates");
    assertEquals(0, result.exitCode(), result.err());
    assertThat(result.out(), containsString("Scored rows: " + out + "/scored-*." + format));
    assertThat(result.out(), containsString("Errors:      " + out + "/errors-*." + format));
    assertThat(result.out(), containsString("Report:      " + out + "/report.html"));
    assertEquals(List.of(), names().stream().filter(name -> !name.endsWith("." + format)).toList());
    String report = Files.readString(out.resolve("report.html"));
    assertThat(report, containsString("<title>Odd opportunities: 0 of 2</title>"));
    assertThat(report, containsString("22 cells"));

    Path errors = out.resolve("errors-00000-of-00001." + format);
    MainResult replayed =
        MainResult.of(
            service(), "--replay=" + out.resolve("errors-*." + format), "--output=" + out);
    assertEquals(2, replayed.exitCode());
    assertThat(replayed.err(), containsString("expected files outside of --output"));
    assertThat(replayed.err(), containsString("with the id column Id, found the columns of none"));
    assertTrue(Files.exists(errors), "a replay that is refused leaves what it reads");
  }

  @Test
  void shouldWriteFilesWithoutRowsOfEachFormat() throws IOException {
    Path input = input(lines.get(0), lines.get(1));
    for (String format : new String[] {"csv", "parquet"}) {
      assertEquals(0, run("--input=" + input, "--outputFormat=" + format).exitCode());
      assertTrue(Files.size(out.resolve("errors-00000-of-00001." + format)) > 0, "a header");
    }
  }

  @Test
  void shouldScoreWhatWasInErrorOnceItIsMended() throws IOException {
    List<String> input = new ArrayList<>(lines.subList(0, 20));
    for (int i = 1; i < 4; i++) {
      input.set(i, input.get(i).replace(amount(i), "lots"));
    }
    Path file = input(input.toArray(String[]::new));
    MainResult first = run("--input=" + file);
    assertEquals(0, first.exitCode(), first.err());
    assertThat(first.out(), containsString("19 rows read: 16 scored, "));
    assertThat(first.out(), containsString("; 3 in error"));

    Path mended = folder.resolve("mended.jsonl");
    StringBuilder text = new StringBuilder();
    for (JsonNode error : Outputs.errors(out)) {
      ObjectNode element = (ObjectNode) MAPPER.readTree(error.get("element").asText());
      int row = error.get("row").asInt();
      if (row < 3) {
        element.put("Amount", amount(row));
      }
      text.append(((ObjectNode) error).put("element", element.toString())).append('\n');
    }
    Files.writeString(mended, text);
    Path again = folder.resolve("again");
    MainResult replayed =
        MainResult.of(service(), "--replay=" + mended, "--output=" + again, "--report=false");
    assertEquals(0, replayed.exitCode(), replayed.err());
    assertThat(replayed.out(), containsString("3 rows read: 2 scored, "));
    List<JsonNode> left = Outputs.errors(again);
    assertEquals(1, left.size());
    assertEquals(mended.toString(), left.get(0).get("source").asText());
    assertEquals("Amount: expected a finite number, found lots", left.get(0).get("error").asText());

    Path whole = folder.resolve("whole");
    MainResult right =
        MainResult.of(
            service(),
            "--input=" + input(lines.subList(0, 3).toArray(String[]::new)),
            "--output=" + whole,
            "--report=false");
    assertEquals(0, right.exitCode(), right.err());
    assertEquals(byId(whole), byId(again));
  }

  /** A column of dates as no reader takes them was a success. */
  @Test
  void shouldFailAndSayWhyWhenNothingCanBeScored() throws IOException {
    List<String> input = new ArrayList<>(lines.subList(0, 4));
    for (int i = 1; i < 4; i++) {
      input.set(i, input.get(i).replace(amount(i), "lots"));
    }
    Path file = input(input.toArray(String[]::new));
    MainResult none = run("--input=" + file);
    assertEquals(1, none.exitCode(), none.err());
    String first = file + ", row 1: Amount: expected a finite number, found lots";
    assertThat(none.out(), containsString("3 rows read: 0 scored, 0 of them odd; 3 in error."));
    assertThat(none.out(), containsString("Errors:\n  " + first + "\n"));
    assertThat(
        none.err(),
        containsString(
            String.format(
                "error: none of the 3 rows could be scored; the first: %s; all errors are in %s%n",
                first, out.resolve("errors-*.jsonl"))));
    assertEquals(3, Outputs.errors(out).size());

    Path again = folder.resolve("again");
    MainResult replayed =
        MainResult.of(
            service(),
            "--replay=" + out.resolve("errors-*.jsonl"),
            "--output=" + again,
            "--report=false");
    assertEquals(1, replayed.exitCode(), replayed.err());
    assertThat(replayed.err(), containsString("error: none of the 3 rows could be scored; "));
    assertEquals(3, Outputs.errors(again).size());
  }

  private static Map<String, JsonNode> byId(Path folder) throws IOException {
    Map<String, JsonNode> rows = new TreeMap<>();
    Outputs.scored(folder).forEach(row -> rows.put(row.get("id").asText(), row));
    return rows;
  }

  /** Returns the cell of a line that holds its amount. */
  private String amount(int line) {
    List<String> header = List.of(lines.get(0).split(",", -1));
    return lines.get(line).split(",", -1)[header.indexOf("Amount")];
  }

  private MainResult run(String... options) {
    List<String> all = new ArrayList<>(List.of(service(), "--output=" + out));
    all.addAll(List.of(options));
    return MainResult.of(all.toArray(String[]::new));
  }

  private List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(out)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    names.remove("report.html");
    return names;
  }

  private Path input(String... records) throws IOException {
    return Files.writeString(
        Files.createTempFile(folder, "in", ".csv"), String.join("\n", records) + "\n");
  }

  private static String service() {
    return "--expansionService=" + RunningService.address();
  }
}
