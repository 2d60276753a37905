package org.anomalydetection.salesforce.api;

import static org.anomalydetection.salesforce.api.ScriptedServer.csv;
import static org.anomalydetection.salesforce.api.ScriptedServer.error;
import static org.anomalydetection.salesforce.api.ScriptedServer.json;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.junit.jupiter.api.Test;

/** What each call asks, and what it makes of a good answer. */
class ClientTest extends Scripted {
  private static final String PAGE =
      "{\"totalSize\":3,\"done\":false,\"nextRecordsUrl\":\"/services/data/v66.0/query/01g-2\","
          + "\"records\":[{\"Id\":\"a\",\"Amount\":1230.00},{\"Id\":\"b\",\"Amount\":null}]}";
  private static final String LAST = "{\"totalSize\":3,\"done\":true,\"records\":[{\"Id\":\"ü\"}]}";
  private static final String JOB =
      "{\"id\":\"750R\",\"state\":\"JobComplete\",\"numberRecordsProcessed\":7,"
          + "\"numberRecordsFailed\":2}";

  @Test
  void shouldLogInOnceAndQueryPageByPage() throws Exception {
    SalesforceClient client = loggedIn();
    server.then(
        json(200, PAGE).with("Sforce-Limit-Info", "api-usage=25/15000 (per-app)"),
        json(200, LAST).gzip());
    QueryPage first = client.query("SELECT Id FROM Opportunity WHERE Name = 'a+b&c'", false);
    assertEquals(3, first.totalSize());
    assertFalse(first.done());
    assertEquals("1230.00", first.records().get(0).get("Amount").asText());
    QueryPage second = client.next(first.next());
    assertTrue(second.done());
    assertNull(second.next());
    assertEquals("ü", second.records().get(0).get("Id").asText());

    List<ScriptedServer.Asked> asked = server.asked();
    assertEquals(3, asked.size());
    assertEquals(
        "/services/data/v66.0/query?q=SELECT%20Id%20FROM%20Opportunity%20WHERE%20Name%20%3D%20"
            + "%27a%2Bb%26c%27",
        asked.get(1).target());
    assertEquals("Bearer " + ScriptedServer.TOKEN, asked.get(1).headers().get("Authorization"));
    assertEquals("batchSize=2000", asked.get(1).headers().get("Sforce-query-options"));
    assertEquals("gzip", asked.get(1).headers().get("Accept-encoding"));
    assertEquals("/services/data/v66.0/query/01g-2", asked.get(2).target());
    assertEquals(List.of(new ApiUsage(25, 15000)), usage);
    assertEquals(3, calls);
    assertEquals(List.of(), waits);
  }

  @Test
  void shouldAskForDeletedRecordsWhereWanted() throws Exception {
    server.then(server.session(), json(200, "{\"totalSize\":0,\"done\":true,\"records\":[]}"));
    connection = connection.withApiVersion("61.0").withPageSize(200);
    assertEquals(List.of(), client().query("SELECT Id FROM Lead", true).records());
    assertEquals(
        "/services/data/v61.0/queryAll?q=SELECT%20Id%20FROM%20Lead", server.last().target());
    assertEquals("batchSize=200", server.last().headers().get("Sforce-query-options"));
  }

  @Test
  void shouldTakeACountWithoutRecords() throws Exception {
    SalesforceClient client = loggedIn();
    server.then(json(200, "{\"totalSize\":12,\"done\":true,\"records\":[]}"));
    assertEquals(12, client.query(" select COUNT( ) FROM Opportunity", false).totalSize());
  }

  @Test
  void shouldDescribeAnObject() throws Exception {
    SalesforceClient client = loggedIn();
    server.then(
        json(
            200,
            "{\"name\":\"Opportunity\",\"fields\":[{\"name\":\"AccountId\",\"type\":\"reference\","
                + "\"label\":\"Account ID\",\"length\":18,\"nillable\":true,\"updateable\":true,"
                + "\"relationshipName\":\"Account\",\"referenceTo\":[\"Account\"]},{\"name\":"
                + "\"Amount\",\"type\":\"currency\",\"label\":\"Amount\",\"length\":0,"
                + "\"precision\":18,\"scale\":2,\"nillable\":true,\"updateable\":false,"
                + "\"relationshipName\":null,\"referenceTo\":[]}]}"));
    ObjectDescription description = client.describe("Opportunity");
    assertEquals("/services/data/v66.0/sobjects/Opportunity/describe", server.last().target());
    assertEquals(
        new FieldDescription(
            "Amount", "currency", "Amount", 0, 18, 2, true, false, null, List.of()),
        description.field("amount").orElseThrow());
    assertEquals(List.of("Account"), description.reference("account").orElseThrow().referenceTo());
    assertEquals(Optional.empty(), description.field("Account"));
  }

  @Test
  void shouldRunABulkQuery() throws Exception {
    SalesforceClient client = loggedIn();
    String page = "\"Id\",\"Name\"\n\"a\",\"two\nlines, \"\"quoted\"\"\"\n\"b\",\"\"\n";
    server.then(
        json(200, "{\"id\":\"750R\",\"state\":\"UploadComplete\"}"),
        json(200, JOB),
        csv(page).with("Sforce-NumberOfRecords", "2").with("Sforce-Locator", "MTA=").gzip(),
        csv(page).with("Sforce-NumberOfRecords", "2").with("Sforce-Locator", "null"),
        json(204, ""));
    BulkJob created = client.createQueryJob("SELECT Id, Name FROM Opportunity", true);
    assertEquals(new BulkJob("750R", BulkJob.State.UPLOAD_COMPLETE, 0, 0, null), created);
    assertFalse(created.isOver());
    assertEquals(
        "{\"operation\":\"queryAll\",\"query\":\"SELECT Id, Name FROM Opportunity\","
            + "\"contentType\":\"CSV\",\"columnDelimiter\":\"COMMA\",\"lineEnding\":\"LF\"}",
        server.last().body());
    BulkJob done = client.job("750R");
    assertEquals(new BulkJob("750R", BulkJob.State.JOB_COMPLETE, 7, 2, null), done);
    assertTrue(done.isOver());
    BulkPage first = client.results("750R", null, 2);
    assertEquals(page, first.csv());
    assertEquals("MTA=", first.locator());
    assertNull(client.results("750R", "MTA=", 2).locator());
    assertEquals(
        "/services/data/v66.0/jobs/query/750R/results?maxRecords=2&locator=MTA%3D",
        server.last().target());
    client.delete("750R");
    assertEquals("DELETE", server.last().method());
  }

  @Test
  void shouldNotMindAJobThatIsOverOrGone() throws Exception {
    SalesforceClient client = loggedIn();
    server.then(
        error(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed"),
        json(200, JOB),
        error(404, "NOT_FOUND", "The requested resource does not exist"));
    client.abort("750R");
    client.delete("750R");
    assertEquals(4, server.asked().size());
  }

  @Test
  void shouldSayThatARunningJobCannotBeAborted() {
    SalesforceClient client = loggedIn();
    server.then(
        error(400, "INVALIDJOBSTATE", "not allowed"),
        json(200, "{\"id\":\"750R\",\"state\":\"InProgress\"}"));
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client.abort("750R"));
    assertEquals("INVALIDJOBSTATE", refused.code());
  }

  @Test
  void shouldSendNothingThatSalesforceCannotTake() {
    SalesforceClient client = loggedIn();
    String soql = "SELECT " + "A_rather_long_name__c, ".repeat(700) + "Id FROM Opportunity";
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client.query(soql, false));
    assertEquals(Kind.CONFIGURATION, refused.kind());
    assertTrue(
        refused.getMessage().contains("expected at most 16,384 bytes"), refused.getMessage());
    assertEquals(1, server.asked().size());
  }
}
