package org.anomalydetection.review;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.anomalydetection.Project;
import org.anomalydetection.ScoredRows;
import org.anomalydetection.csv.InputException;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReviewedTest {
  @TempDir Path folder;

  private static JsonNode golden() throws IOException {
    return new ObjectMapper().readTree(Project.text("contract/golden/reviewed.json"));
  }

  @Test
  void shouldMatchRowsAsPythonDoes() throws IOException {
    for (JsonNode example : golden().required("read")) {
      Path file = file(example.required("text").asText());
      // As it reaches a worker.
      Reviewed reviewed = SerializableUtils.clone(Reviewed.ofFile(file.toString()));
      Set<Long> matched = new HashSet<>();
      for (JsonNode row : example.required("rows")) {
        List<Long> lines =
            reviewed.matching(
                ScoredRows.of(
                    row.required("id").asText(),
                    row.required("label").asInt() == 1 ? 0.9 : 0.1,
                    row.required("first_reason").textValue()));
        List<Long> expected = new ArrayList<>();
        row.required("lines").forEach(line -> expected.add(line.asLong()));
        assertEquals(expected, lines.stream().sorted().toList(), row.toString());
        matched.addAll(lines);
      }
      List<String> unmatched = new ArrayList<>();
      example.required("unmatched").forEach(line -> unmatched.add(file + ", " + line.asText()));
      assertEquals(unmatched, reviewed.unmatched(matched));
    }
  }

  @Test
  void shouldRefuseWhatPythonRefuses() throws IOException {
    for (JsonNode example : golden().required("refused")) {
      String file = file(example.required("text").asText()).toString();
      assertEquals("--ignore " + file + ", " + example.required("message").asText(), refused(file));
    }
  }

  @Test
  void shouldSayWhereAFileIsNoCsv() throws IOException {
    assertThat(refused(folder + "/no.csv"), startsWith("--ignore " + folder + "/no.csv: expected"));
    assertThat(
        refused(file("id,column\na,\n\"b,\n").toString()),
        containsString("record 2: expected a closing quote"));
    Path latin = folder.resolve("latin.csv");
    Files.write(latin, "id,column\nM\u00fcller,\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(
        refused(latin.toString()),
        containsString("latin.csv, line 2: expected UTF-8 text, found M\\xfcller"));
  }

  @Test
  void shouldRefuseMoreLinesThanAPipelineCarries() throws IOException {
    String most = "id,column\n" + "a,\n".repeat(20_000);
    assertEquals(
        1,
        Reviewed.ofFile(file(most).toString()).unmatched(Set.of()).stream()
            .map(line -> line.replaceAll("\\d+", ""))
            .distinct()
            .count());
    assertThat(
        refused(file(most + "b,\n").toString()),
        containsString("line 20002: expected at most 20,000 lines"));
  }

  @Test
  void shouldKnowWhetherReasonsAreNeeded() throws IOException {
    assertFalse(Reviewed.ofFile(file("id,column\na,\n").toString()).needsReasons());
    assertTrue(Reviewed.ofFile(file("id,column\na,Stage\n").toString()).needsReasons());
  }

  private Path file(String text) throws IOException {
    return Files.writeString(Files.createTempFile(folder, "reviewed", ".csv"), text);
  }

  private static String refused(String file) {
    return assertThrows(InputException.class, () -> Reviewed.ofFile(file)).getMessage();
  }
}
