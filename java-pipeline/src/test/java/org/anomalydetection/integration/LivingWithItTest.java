package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.anomalydetection.Project;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a nightly run needs: copies, reviewed rows, an alert, a drift, a page for people. */
class LivingWithItTest {
  private static final Pattern DUPLICATE =
      Pattern.compile("(?<copy>\\w+),duplicate_other_amount,[^\\[]*\\[\"\"(?<original>\\w+)\"\".*");

  @TempDir static Path shared;
  private static MainResult plain;
  private static Map<String, JsonNode> scored;
  private static List<JsonNode> odd;

  @TempDir Path folder;

  @BeforeAll
  static void scoreTheSample() throws IOException {
    plain = run(shared, "--alertAbove=0.02");
    scored = byId(shared);
    odd = scored.values().stream().filter(row -> row.get("label").asInt() == 1).toList();
  }

  @Test
  void shouldEndWithItsOwnCodeWhenTooManyRowsAreOdd() {
    assertEquals(3, plain.exitCode(), plain.err());
    assertThat(
        plain.err(),
        containsString("% of the scored rows are odd, more than --alertAbove=0.02 allows"));
    assertEquals(2000, scored.size(), "everything was written");
  }

  @Test
  void shouldMakeAPageOfTheRun() throws IOException {
    Path page = shared.resolve("report.html");
    assertThat(plain.out(), containsString("\nReport:      " + page));
    assertThat(Files.readString(page), containsString(odd.get(0).get("id").asText()));
  }

  @Test
  void shouldNotLeaveThePageOfAnEarlierRun() throws IOException {
    Files.writeString(folder.resolve("report.html"), "old");
    Path input = Files.writeString(folder.resolve("in.csv"), SampleRows.lines().get(0) + "\n");
    MainResult result = run(folder, "--input=" + input, "--report=false");
    assertEquals(0, result.exitCode(), result.err());
    assertThat(result.out(), not(containsString("Report:")));
    assertFalse(Files.exists(folder.resolve("report.html")));
  }

  @Test
  void shouldSayThatAPageCannotBeMadeAndKeepTheRun() throws IOException {
    Path broken = Files.writeString(folder.resolve("broken"), "#!/bin/sh\necho no page\nexit 7\n");
    assertTrue(broken.toFile().setExecutable(true));
    Path input = Files.writeString(folder.resolve("in.csv"), SampleRows.lines().get(0) + "\n");
    MainResult result = run(folder, "--input=" + input, "--python=" + broken);
    assertEquals(0, result.exitCode(), result.err());
    assertThat(result.out(), containsString("warning: the report could not be made: no page"));
    assertThat(result.out(), containsString("0 rows read"));
  }

  @Test
  void shouldFindTheRowsOfTheSampleThatWereEnteredAgain() throws IOException {
    Map<String, String> others = new HashMap<>();
    for (String line : Project.text("data/labels.csv").lines().toList()) {
      Matcher duplicate = DUPLICATE.matcher(line);
      if (duplicate.matches()) {
        others.put(duplicate.group("copy"), duplicate.group("original"));
        others.put(duplicate.group("original"), duplicate.group("copy"));
      }
    }
    assertTrue(others.size() >= 4, others.toString());
    MainResult result = run(folder, "--findDuplicates", "--keepColumns=Owner", "--report=false");
    assertEquals(0, result.exitCode(), result.err());
    assertThat(
        result.out(),
        containsString(
            others.size() + " rows look like copies of others, 0 of them with equal amounts"));
    Map<String, JsonNode> rows = byId(folder);
    assertEquals(scored.keySet(), rows.keySet());
    for (JsonNode row : rows.values()) {
      String id = row.get("id").asText();
      String other = others.get(id);
      assertEquals(
          other == null ? "[]" : "[\"" + other + "\"]", row.get("duplicate_of").toString(), id);
      assertEquals(other == null ? 0 : 1, row.get("duplicates").asInt());
      assertEquals(scored.get(id).get("score"), row.get("score"));
      assertEquals(scored.get(id).get("label"), row.get("label"));
      assertEquals(14, row.size(), "the fields of the contract, Owner and three more");
    }
  }

  @Test
  void shouldLeaveReviewedRowsOutOfTheSummaryAndTheAlert() throws IOException {
    String column = odd.get(0).get("reasons").get(0).get("field").asText();
    List<JsonNode> left =
        odd.stream()
            .filter(row -> !row.get("reasons").get(0).get("field").asText().equals(column))
            .toList();
    JsonNode one = left.get(0);
    String lines =
        Stream.concat(
                Stream.of("id,column", "," + column, one.get("id").asText() + ","),
                // As many as are allowed, to see that a pipeline carries them.
                IntStream.range(2, 20_000).mapToObj(i -> "00699040AAAA" + i + ","))
            .collect(Collectors.joining("\n"));
    Path file = Files.writeString(folder.resolve("reviewed.csv"), lines);
    double share = (left.size() - 1) / 2000.0;
    MainResult result = run(folder, "--ignore=" + file, "--alertAbove=" + share, "--report=false");
    assertEquals(0, result.exitCode(), result.err());
    assertThat(
        result.out(),
        containsString(
            String.format(
                "%d of them odd (and %d that were reviewed and are ignored)",
                left.size() - 1, odd.size() - left.size() + 1)));
    assertThat(result.out(), not(containsString(one.get("id").asText())));
    assertThat(result.out(), not(containsString(", line 2 (")));
    assertThat(
        result.out(),
        containsString(
            "warning: " + file + ", line 4 (id 00699040AAAA2) matches no odd row of this run\n"));
    assertThat(result.out(), containsString("warning: 19988 more lines match no odd row"));
    Map<String, JsonNode> rows = byId(folder);
    assertEquals(scored.keySet(), rows.keySet());
    List<String> ignored = new ArrayList<>();
    for (JsonNode row : rows.values()) {
      String id = row.get("id").asText();
      assertEquals(scored.get(id).get("label"), row.get("label"));
      if (row.get("ignored").asBoolean()) {
        ignored.add(id);
      }
    }
    List<String> expected =
        odd.stream()
            .filter(row -> !left.contains(row) || row.equals(one))
            .map(row -> row.get("id").asText())
            .toList();
    assertEquals(expected.stream().sorted().toList(), ignored.stream().sorted().toList());
  }

  @Test
  void shouldWarnOfAVocabularyThatTrainingNeverSaw() throws IOException {
    assertThat(plain.out(), not(containsString("drift")));
    List<String> sample = SampleRows.lines();
    List<String> lines =
        Stream.concat(
                sample.stream().limit(1),
                sample.stream().skip(1).map(line -> line.replace("Closed Won", "6 - Won")))
            .toList();
    Path input = Files.write(folder.resolve("drifted.csv"), lines);
    MainResult result = run(folder, "--input=" + input, "--report=false");
    assertEquals(0, result.exitCode(), result.err());
    List<String> warnings =
        result.out().lines().filter(line -> line.startsWith("warning: drift: ")).toList();
    assertThat(warnings.get(0), containsString("Stage: "));
    assertThat(warnings.get(0), containsString("% of the rows hold a value that training never"));
    assertThat(result.out(), containsString("warning: the data is not what the model was trained"));
  }

  private static MainResult run(Path output, String... args) {
    return MainResult.of(
        Stream.concat(
                Stream.of("--expansionService=" + RunningService.address(), "--output=" + output),
                Stream.of(args))
            .toArray(String[]::new));
  }

  private static Map<String, JsonNode> byId(Path output) throws IOException {
    return Outputs.scored(output).stream()
        .collect(Collectors.toMap(row -> row.get("id").asText(), row -> row));
  }
}
