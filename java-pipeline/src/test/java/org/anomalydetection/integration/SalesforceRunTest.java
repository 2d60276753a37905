package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.anomalydetection.pipeline.MainResult;
import org.anomalydetection.salesforce.SalesforceServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command reads the test Salesforce, whose records are those of the sample. */
class SalesforceRunTest {
  private static SalesforceServer server;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    server = SalesforceServer.start("--bulk-page=700", "--field=Tier__c:picklist");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void reset() {
    server.reset();
  }

  private MainResult run(String... args) {
    return MainResult.of(
        Stream.concat(
                Stream.of(
                    "--source=salesforce",
                    "--salesforceUrl=" + server.url(),
                    "--salesforceCredentials=" + server.secretFile(),
                    "--expansionService=" + RunningService.address(),
                    "--report=false",
                    "--output=" + folder.resolve("out")),
                Arrays.stream(args))
            .toArray(String[]::new));
  }

  private List<JsonNode> scored() throws IOException {
    return Outputs.scored(folder.resolve("out"));
  }

  @Test
  void shouldScoreRecordsLikeThoseOfAnExport() throws IOException {
    MainResult salesforce = run("--explainAll");
    assertEquals(0, salesforce.exitCode(), salesforce.err());
    assertThat(salesforce.out(), containsString("2,000 rows read: 2,000 scored, "));
    Map<String, JsonNode> found = byId(scored());
    Path out = folder.resolve("csv");
    MainResult csv =
        MainResult.of(
            "--expansionService=" + RunningService.address(),
            "--report=false",
            "--explainAll",
            "--output=" + out);
    assertEquals(0, csv.exitCode(), csv.err());
    assertEquals(byId(Outputs.scored(out)), found);
    assertEquals(2000, found.size());
  }

  private static Map<String, JsonNode> byId(List<JsonNode> rows) {
    Map<String, JsonNode> byId = new TreeMap<>();
    rows.forEach(row -> byId.put(row.get("id").asText(), row));
    assertEquals(rows.size(), byId.size());
    return byId;
  }

  @Test
  void shouldReadTheFieldsOfTheOrgAndDeletedRecordsWhenAsked() throws Exception {
    List<String> ids = List.copyOf(server.records().keySet()).subList(0, 3);
    server.change("PATCH", Map.of("ids", ids, "values", Map.of("Tier__c", "Gold")));
    server.change("DELETE", Map.of("ids", ids.subList(0, 1)));
    // Salesforce tells the time in whole seconds.
    Thread.sleep(1000);
    Path mapping =
        Files.writeString(
            folder.resolve("mapping.json"),
            "{\"Segment\": \"Tier__c\", \"Product Name\": null, \"Tier\": \"tier__c\"}");
    MainResult result =
        run(
            "--salesforceFields=" + mapping,
            "--includeDeleted",
            "--since=2001-01-01",
            "--window=9000d",
            "--lag=0s",
            "--keepColumns=Segment,Tier,Product,IsDeleted");
    assertEquals(0, result.exitCode(), result.err());
    Map<String, JsonNode> found = byId(scored());
    assertEquals(2000, found.size());
    for (Map.Entry<String, JsonNode> row : found.entrySet()) {
      boolean gold = ids.contains(row.getKey());
      assertEquals(gold ? "Gold" : null, row.getValue().get("Segment").textValue());
      assertEquals(gold ? "Gold" : null, row.getValue().get("Tier").textValue());
      assertTrue(row.getValue().get("Product").isNull());
      assertEquals(ids.get(0).equals(row.getKey()), row.getValue().get("IsDeleted").booleanValue());
    }
    assertEquals(2, server.calls("bulk_create"));
  }

  @Test
  void shouldReadAQuery() throws IOException {
    List<String> columns = new ArrayList<>(server.records().keySet()).subList(0, 2);
    MainResult result =
        run(
            "--query=SELECT Id, Account.Type, Amount, Account.BillingCountry, IsClosed,"
                + " ForecastCategoryName, Account.Industry, LeadSource, Type, Owner.UserRole.Name,"
                + " Product_Family__c, Segment__c, StageName, IsWon, Name, Account.BillingState,"
                + " Owner.Name, Account.Name, Account.Owner.Name, Product__c, CreatedDate,"
                + " CloseDate FROM Opportunity WHERE Id IN ('"
                + String.join("', '", columns)
                + "')");
    assertEquals(0, result.exitCode(), result.err());
    assertEquals(columns, List.copyOf(byId(scored()).keySet()));
  }

  @Test
  void shouldNameFieldsThatTheOrgHasNot() throws IOException {
    Path mapping =
        Files.writeString(
            folder.resolve("mapping.json"), "{\"Segment\": \"Teir__c\", \"Product\": \"No__c\"}");
    MainResult result = run("--salesforceFields=" + mapping);
    assertEquals(2, result.exitCode());
    assertThat(
        result.err(),
        containsString(
            "--salesforceFields: Segment: expected a field of Opportunity that this login may see,"
                + " found no Teir__c"));
    assertThat(result.err(), containsString("--salesforceFields: Product: expected a field"));
  }

  @Test
  void shouldFailWithSalesforcesOwnWordsAndPublishNothing() throws IOException {
    server.fault("job_failed", options("times", null, "message", "The disk is full"));
    MainResult result = run();
    assertEquals(1, result.exitCode());
    assertThat(result.err(), containsString("error: the bulk query 750"));
    assertThat(result.err(), containsString("found Failed after 3 attempts: The disk is full"));
    assertFalse(result.err().contains("Exception"), result.err());
    assertEquals(List.of(), scored());
  }

  @Test
  void shouldSayThatTheLoginIsRefused() throws IOException {
    Path wrong =
        Files.writeString(
            folder.resolve("wrong.json"),
            "{\"client_id\": \"test-client\", \"client_secret\": \"not-the-secret\"}");
    MainResult result =
        MainResult.of(
            "--source=salesforce",
            "--salesforceUrl=" + server.url(),
            "--salesforceCredentials=" + wrong,
            "--expansionService=" + RunningService.address(),
            "--output=" + folder.resolve("out"));
    assertEquals(2, result.exitCode(), result.err());
    assertThat(result.err(), containsString("error: --source=salesforce: "));
    assertThat(result.err(), containsString("invalid_client"));
    assertFalse(result.err().contains("not-the-secret"));
  }

  private static Map<String, Object> options(Object... pairs) {
    Map<String, Object> options = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      options.put((String) pairs[i], pairs[i + 1]);
    }
    return options;
  }
}
