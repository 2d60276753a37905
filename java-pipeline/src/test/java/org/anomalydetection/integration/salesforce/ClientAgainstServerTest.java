package org.anomalydetection.integration.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.salesforce.SalesforceServer;
import org.anomalydetection.salesforce.api.ApiListener;
import org.anomalydetection.salesforce.api.BulkJob;
import org.anomalydetection.salesforce.api.BulkPage;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Credentials;
import org.anomalydetection.salesforce.api.ObjectDescription;
import org.anomalydetection.salesforce.api.QueryPage;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client against the test Salesforce, with each of its faults. */
class ClientAgainstServerTest {
  private static final String QUERY = "SELECT Id, Name, Amount FROM Opportunity";
  private static SalesforceServer server;

  private final SalesforceClient client =
      SalesforceClient.open(server.connection().withPageSize(500));

  @BeforeAll
  static void start() {
    server = SalesforceServer.start("--bulk-page=700");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void reset() {
    server.reset();
  }

  @Test
  void shouldLogInBothWays() throws Exception {
    for (String file : List.of(server.secretFile().toString(), server.keyFile().toString())) {
      Connection connection = Connection.to(server.url(), Credentials.ofFile(file));
      assertEquals(2000, SalesforceClient.open(connection).query(QUERY, false).totalSize());
    }
    assertEquals(2, server.calls("token"));
  }

  @Test
  void shouldSayThatALoginIsRefused(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("wrong.json");
    Files.writeString(file, "{\"client_id\": \"test-client\", \"client_secret\": \"wrong\"}");
    Connection connection = Connection.to(server.url(), Credentials.ofFile(file.toString()));
    SalesforceException refused =
        refusal(() -> SalesforceClient.open(connection).describe("Opportunity"));
    assertEquals(Kind.LOGIN, refused.kind());
    assertEquals("invalid_client", refused.code());
  }

  @Test
  void shouldDescribeOpportunities() throws Exception {
    ObjectDescription opportunity = client.describe("Opportunity");
    assertEquals("currency", opportunity.field("Amount").orElseThrow().type());
    assertEquals(6, opportunity.field("Anomaly_Score__c").orElseThrow().scale());
    assertEquals(255, opportunity.field("Anomaly_Reason__c").orElseThrow().length());
    assertEquals(List.of("Account"), opportunity.reference("Account").orElseThrow().referenceTo());
  }

  @ParameterizedTest
  @CsvSource({
    "none,,0",
    "session,,0",
    "session,query_more,0",
    "limit,query_more,1",
    "406,query,1",
    "420,query_more,1",
    "429,query_more,1",
    "500,query_more,1",
    "503,token,1",
    "html,query_more,1",
    "drop,query_more,0",
    "cut,query_more,1",
    "truncated,query_more,1",
  })
  void shouldReadAllPagesInSpiteOf(String fault, String endpoint, int retries) throws Exception {
    List<SalesforceException> retried = new ArrayList<>();
    if (!fault.equals("none")) {
      server.fault(fault, endpoint == null ? Map.of() : Map.of("endpoint", endpoint));
    }
    assertAllRead(read(retried));
    assertEquals(retries, retried.size(), retried.toString());
    server.faults().forEach(one -> assertEquals(1, one.path("struck").asInt()));
  }

  @ParameterizedTest
  @CsvSource({
    "none,",
    "session,bulk_results",
    "limit,bulk_create",
    "429,bulk_create",
    "503,bulk_status",
    "html,bulk_status",
    "drop,bulk_create",
    "drop,bulk_results",
    "cut,bulk_results",
    "truncated,bulk_results",
    "rows,bulk_results",
    "count,bulk_results",
  })
  void shouldReadABulkQueryInSpiteOf(String fault, String endpoint) throws Exception {
    if (!fault.equals("none")) {
      server.fault(fault, Map.of("endpoint", endpoint));
    }
    BulkJob job = await(client.createQueryJob(QUERY, false).id());
    assertEquals(BulkJob.State.JOB_COMPLETE, job.state());
    assertEquals(2000, job.recordsProcessed());
    Map<String, String> read = new HashMap<>();
    String locator = null;
    int pages = 0;
    do {
      BulkPage page = client.results(job.id(), locator, 700);
      try (Reader csv = new StringReader(page.csv())) {
        for (CSVRecord record : CSVFormat.RFC4180.builder().setHeader().get().parse(csv)) {
          read.put(record.get("Id"), record.get("Name"));
        }
      }
      locator = page.locator();
      pages++;
    } while (locator != null);
    assertEquals(3, pages);
    assertAllRead(read);
    server.faults().forEach(one -> assertEquals(1, one.path("struck").asInt()));
    client.delete(job.id());
    client.delete(job.id());
  }

  @ParameterizedTest
  @CsvSource({
    "bulk_limit,BULK_LIMIT",
    "job_failed,",
    "job_stuck,",
  })
  void shouldTellOfABulkQueryThatCannotBeRead(String fault, Kind kind) throws Exception {
    server.fault(fault);
    if (kind != null) {
      assertEquals(kind, refusal(() -> client.createQueryJob(QUERY, false)).kind());
    } else if (fault.equals("job_failed")) {
      BulkJob job = await(client.createQueryJob(QUERY, false).id());
      assertEquals(BulkJob.State.FAILED, job.state());
      assertThat(job.errorMessage(), containsString("Retried more than fifteen times"));
    } else {
      BulkJob job = client.createQueryJob(QUERY, false);
      Thread.sleep(400);
      assertEquals(BulkJob.State.IN_PROGRESS, client.job(job.id()).state());
      client.abort(job.id());
      client.abort(job.id());
      assertEquals(BulkJob.State.ABORTED, client.job(job.id()).state());
    }
  }

  @Test
  void shouldSayWhatCannotBeSurvived() throws Exception {
    assertEquals(
        Kind.CONFIGURATION,
        refusal(() -> client.query("SELECT Nme FROM Opportunity", false)).kind());
    assertEquals(Kind.CONFIGURATION, refusal(() -> client.createQueryJob("SELECT", false)).kind());
    server.fault("query_timeout");
    assertEquals(Kind.QUERY_TIMEOUT, refusal(() -> client.query(QUERY, false)).kind());
    server.fault("locator");
    String next = client.query(QUERY, false).next();
    assertEquals(Kind.LOCATOR, refusal(() -> client.next(next)).kind());
    Map<String, Object> always = new HashMap<>();
    always.put("times", null);
    server.fault("503", always);
    SalesforceException down = refusal(() -> client.query(QUERY, false));
    assertEquals(Kind.TRANSIENT, down.kind());
    assertThat(down.getMessage(), containsString("tried 4 times"));
    server.reset();
    server.fault("limit", always);
    assertEquals(Kind.LIMIT, refusal(() -> client.query(QUERY, false)).kind());
  }

  private static void assertAllRead(Map<String, String> read) {
    Map<String, String> names = new HashMap<>();
    server.records("Name").forEach((id, record) -> names.put(id, record.path("Name").asText("")));
    assertEquals(2000, names.size());
    assertEquals(names.keySet(), read.keySet());
    names.forEach((id, name) -> assertEquals(name, read.get(id), id));
  }

  private Map<String, String> read(List<SalesforceException> retried) throws Exception {
    SalesforceClient listened =
        SalesforceClient.open(
            server.connection().withPageSize(500),
            new ApiListener() {
              @Override
              public void onRetry(SalesforceException cause, Duration delay) {
                retried.add(cause);
              }
            });
    Map<String, String> read = new HashMap<>();
    QueryPage page = listened.query(QUERY, false);
    while (true) {
      for (JsonNode record : page.records()) {
        read.put(record.path("Id").asText(), record.path("Name").asText(""));
      }
      if (page.done()) {
        return read;
      }
      page = listened.next(page.next());
    }
  }

  private BulkJob await(String id) throws Exception {
    BulkJob job = client.job(id);
    while (!job.isOver()) {
      Thread.sleep(50);
      job = client.job(id);
    }
    return job;
  }

  private interface Call {
    void run() throws IOException, InterruptedException;
  }

  private static SalesforceException refusal(Call call) {
    return assertThrows(SalesforceException.class, call::run);
  }
}
