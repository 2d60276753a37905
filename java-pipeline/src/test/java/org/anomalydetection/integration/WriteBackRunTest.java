package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.anomalydetection.pipeline.MainResult;
import org.anomalydetection.salesforce.SalesforceServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs that write scores to the test Salesforce, where they read the opportunities. */
class WriteBackRunTest {
  private static SalesforceServer salesforce;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    salesforce = SalesforceServer.start();
  }

  @AfterAll
  static void stop() {
    salesforce.close();
  }

  @Test
  void shouldTellThenWriteThenFindNothingToDo() throws IOException {
    MainResult preview = run("--writeBack=preview");
    assertEquals(0, preview.exitCode(), preview.err());
    assertThat(
        preview.out(),
        containsString(
            "Write back: 2,000 opportunities would be written, 0 had these values already, 0 cannot"
                + " be written.\nThe oddest of them:\n"));
    assertThat(preview.out(), containsString("| Anomaly_Score__c  | (empty) | 0."));
    assertThat(preview.out(), containsString("Nothing was written: that is --writeBack=apply."));
    salesforce.records("Anomaly_Score__c").values().forEach(WriteBackRunTest::assertEmpty);

    List<JsonNode> scored = Outputs.scored(folder);
    String locked = scored.get(0).get("id").asText();
    salesforce.fault("lock", Map.of("id", locked, "times", 3));
    MainResult apply = run("--writeBack=apply");
    assertEquals(0, apply.exitCode(), apply.err());
    assertThat(apply.out(), containsString("2,000 rows read: 2,000 scored"));
    assertThat(apply.out(), containsString("; 0 in error."));
    assertThat(
        apply.out(),
        containsString(
            "Write back: 1,999 opportunities written, 0 had these values already, 1 cannot be"
                + " written.\n"));
    assertThat(apply.out(), not(containsString("The oddest of them:")));
    List<JsonNode> errors = Outputs.errors(folder);
    assertEquals(1, errors.size());
    assertEquals(locked, errors.get(0).get("id").asText());
    assertEquals("write back", errors.get(0).get("stage").asText());
    JsonNode element = new ObjectMapper().readTree(errors.get(0).get("element").asText());
    assertEquals(scored.get(0).get("Name"), element.get("Name"));
    assertEquals(scored.get(0).get("Amount"), element.get("Amount"));
    assertWritten(scored, locked);

    MainResult again = run("--writeBack=apply");
    assertThat(
        again.out(),
        containsString("Write back: 1 opportunities written, 1,999 had these values already, 0"));
    assertWritten(scored, "");
  }

  @Test
  void shouldSayBeforeTheRunWhatCannotBeWritten() {
    MainResult fields =
        run(
            "--writeBack=apply",
            "--explain=0",
            "--writeBackFields=score=Amount,label=Odd__c,reason=Anomaly_Reason__c");
    assertEquals(2, fields.exitCode());
    assertThat(
        fields.err(),
        containsString(
            "--writeBackFields: expected a number with at least one digit in front of the point and"
                + " two behind it for the score, found Amount: currency"));
    assertThat(
        fields.err(),
        containsString("--writeBackFields: expected the field Odd__c of Opportunity"));
    MainResult reason = run("--writeBack=apply", "--explain=0");
    assertThat(reason.err(), containsString("--writeBackFields: expected no reason among them"));
    MainResult words = run("--writeBack=yes", "--idColumn=Name");
    assertThat(
        words.err(), containsString("--writeBack: expected off, preview or apply, found yes"));
    assertThat(words.err(), containsString("--writeBack: expected --idColumn=Id"));
    MainResult alone = run("--writeBackFields=score=Anomaly_Score__c");
    assertThat(alone.err(), containsString("--writeBackFields: expected --writeBack beside it"));
    MainResult csv = MainResult.of("--writeBack=apply", "--output=" + folder);
    assertEquals(2, csv.exitCode());
    assertThat(csv.err(), containsString("--writeBack: expected --source=salesforce beside it"));
  }

  /** What is written would be read as a change of such a column, and so be written again. */
  @Test
  void shouldNotFollowColumnsThatWritingChanges() throws IOException {
    Path mapping =
        Files.writeString(folder.resolve("mapping.json"), "{\"Odd\": \"Anomaly_Score__c\"}");
    String columns = "--salesforceFields=" + mapping;
    MainResult result = run("--writeBack=apply", "--follow", "--since=2025-01-01", columns);
    assertEquals(2, result.exitCode());
    assertThat(
        result.err(), containsString("--writeBack: expected columns that writing does not change"));
    assertThat(result.err(), containsString("found Odd, which is Anomaly_Score__c"));
  }

  private MainResult run(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--source=salesforce",
                "--salesforceUrl=" + salesforce.url(),
                "--salesforceCredentials=" + salesforce.secretFile(),
                "--expansionService=" + RunningService.address(),
                "--report=false",
                "--output=" + folder));
    args.addAll(List.of(more));
    return MainResult.of(args.toArray(String[]::new));
  }

  private static void assertEmpty(JsonNode record) {
    assertTrue(record.path("Anomaly_Score__c").isNull(), record.toString());
  }

  private static void assertWritten(List<JsonNode> scored, String but) {
    Map<String, JsonNode> records =
        salesforce.records("Anomaly_Score__c", "Anomaly_Label__c", "Anomaly_Reason__c");
    for (JsonNode row : scored) {
      JsonNode record = records.get(row.get("id").asText());
      if (row.get("id").asText().equals(but)) {
        assertEmpty(record);
        continue;
      }
      assertEquals(row.get("score").asDouble(), record.path("Anomaly_Score__c").asDouble(), 5.1e-7);
      assertEquals(row.get("label").asLong(), record.path("Anomaly_Label__c").asLong());
      String reason = record.path("Anomaly_Reason__c").asText("");
      assertEquals(row.get("reasons").isEmpty(), reason.isEmpty(), reason);
      if (!reason.isEmpty()) {
        assertThat(
            reason, containsString(row.get("reasons").get(0).get("field").asText() + " is "));
      }
    }
  }
}
