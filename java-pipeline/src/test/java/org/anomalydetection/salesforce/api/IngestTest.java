package org.anomalydetection.salesforce.api;

import static org.anomalydetection.salesforce.api.ScriptedServer.csv;
import static org.anomalydetection.salesforce.api.ScriptedServer.error;
import static org.anomalydetection.salesforce.api.ScriptedServer.hangUp;
import static org.anomalydetection.salesforce.api.ScriptedServer.json;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.anomalydetection.salesforce.api.ScriptedServer.Reply;
import org.junit.jupiter.api.Test;

/** How a job that writes is made, and made again. */
class IngestTest extends Scripted {
  private static final byte[] CSV = "Id,Amount\na,1\n".getBytes(StandardCharsets.UTF_8);
  private static final String JOBS = "/services/data/v66.0/jobs/ingest";

  @Test
  void shouldCreateAndFillAndClose() throws Exception {
    BulkIngest ingest = loggedIn().ingest();
    server.then(job("750A", "Open"), json(201, ""), job("750A", "UploadComplete"));
    BulkJob job = ingest.start("Opportunity", "upsert", "Key__c", CSV);
    assertEquals(BulkJob.State.UPLOAD_COMPLETE, job.state());
    // Were it asked for once more and not answered, it would run on, and nobody would know of it.
    assertEquals(
        List.of("POST " + JOBS, "PUT " + JOBS + "/750A/batches", "PATCH " + JOBS + "/750A"),
        asked());
    assertEquals(
        "{\"object\":\"Opportunity\",\"operation\":\"upsert\",\"contentType\":\"CSV\","
            + "\"columnDelimiter\":\"COMMA\",\"lineEnding\":\"LF\","
            + "\"externalIdFieldName\":\"Key__c\"}",
        server.asked().get(1).body());
    assertEquals("text/csv", server.asked().get(2).headers().get("Content-type"));
    assertEquals("Id,Amount\na,1\n", server.asked().get(2).body());
    assertEquals("{\"state\":\"UploadComplete\"}", server.asked().get(3).body());
  }

  @Test
  void shouldTakeAnotherJobWhenTheDataMayNotHaveArrivedWhole() throws Exception {
    BulkIngest ingest = loggedIn().ingest();
    server.then(
        job("750A", "Open"),
        hangUp(),
        job("750A", "Aborted"),
        json(204, ""),
        job("750B", "Open"),
        json(201, ""),
        job("750B", "UploadComplete"));
    assertEquals("750B", ingest.start("Opportunity", "update", null, CSV).id());
    assertEquals("{\"state\":\"Aborted\"}", server.asked().get(3).body());
    assertEquals("DELETE " + JOBS + "/750A", asked().get(3));
    assertEquals(1, waits.size());
  }

  @Test
  void shouldNotRunAJobTwiceWhenTheAnswerOfItsCloseIsLost() throws Exception {
    BulkIngest ingest = loggedIn().ingest();
    server.then(
        job("750A", "Open"),
        json(201, ""),
        hangUp(),
        error(400, "INVALIDJOBSTATE", "an open job's state can be UploadComplete"),
        job("750A", "InProgress"));
    assertEquals("750A", ingest.start("Opportunity", "update", null, CSV).id());
    assertEquals(1, asked().stream().filter(("POST " + JOBS)::equals).count());
  }

  @Test
  void shouldLeaveNoOpenJobBehind() {
    BulkIngest ingest = loggedIn().ingest();
    server.then(
        job("750A", "Open"),
        json(201, ""),
        error(400, "INVALIDJOB", "no"),
        job("750A", "Open"),
        job("750A", "Aborted"),
        json(204, ""));
    SalesforceException refused =
        assertThrows(
            SalesforceException.class, () -> ingest.start("Opportunity", "update", null, CSV));
    assertEquals("INVALIDJOB", refused.code());
    assertEquals("DELETE " + JOBS + "/750A", asked().get(5));
    assertEquals(0, refused.getSuppressed().length);
  }

  @Test
  void shouldAbortAJobOfWhichItIsNotKnownWhetherItRuns() {
    BulkIngest ingest = loggedIn().ingest();
    server.then(
        job("750A", "Open"),
        json(201, ""),
        error(400, "INVALIDJOBSTATE", "an open job's state can be UploadComplete"),
        error(403, "API_DISABLED_FOR_ORG", "no more"),
        job("750A", "Aborted"));
    SalesforceException refused =
        assertThrows(
            SalesforceException.class, () -> ingest.start("Opportunity", "update", null, CSV));
    assertEquals("INVALIDJOBSTATE", refused.code());
    assertEquals("API_DISABLED_FOR_ORG", ((SalesforceException) refused.getSuppressed()[0]).code());
    assertEquals("PATCH " + JOBS + "/750A", asked().get(4));
    assertEquals("{\"state\":\"Aborted\"}", server.last().body());
  }

  @Test
  void shouldAbortAJobWhoseCallerIsInterruptedAsItBegins() throws Exception {
    BulkIngest ingest = loggedIn().ingest();
    server.then(
        job("750A", "Open"),
        json(201, ""),
        job("750A", "UploadComplete").stalled(),
        job("750A", "Aborted"));
    InterruptedException e = interruptedAt(4, ingest);
    assertEquals(List.of("PATCH " + JOBS + "/750A"), asked().subList(3, asked().size()));
    assertEquals("{\"state\":\"Aborted\"}", server.last().body());
    assertEquals(0, e.getSuppressed().length);
  }

  @Test
  void shouldLeaveNoOpenJobBehindWhenItsCallerIsInterrupted() throws Exception {
    BulkIngest ingest = loggedIn().ingest();
    server.then(
        job("750A", "Open"), json(201, "{}").stalled(), job("750A", "Aborted"), json(204, ""));
    InterruptedException e = interruptedAt(3, ingest);
    assertEquals(
        List.of("PATCH " + JOBS + "/750A", "DELETE " + JOBS + "/750A"),
        asked().subList(2, asked().size()));
    assertEquals(0, e.getSuppressed().length);
  }

  /** Begins a job, and interrupts that when the server was asked so often. */
  private InterruptedException interruptedAt(int asked, BulkIngest ingest) throws Exception {
    Thread caller = Thread.currentThread();
    Thread interrupts =
        new Thread(
            () -> {
              while (server.asked().size() <= asked - 1) {
                Thread.onSpinWait();
              }
              caller.interrupt();
            });
    interrupts.setDaemon(true);
    interrupts.start();
    return assertThrows(
        InterruptedException.class, () -> ingest.start("Opportunity", "update", null, CSV));
  }

  @Test
  void shouldReadResultsUntilTheyAreWhole() throws Exception {
    BulkIngest ingest = loggedIn().ingest();
    BulkJob job = new BulkJob("750A", BulkJob.State.JOB_COMPLETE, 3, 1, null);
    Reply two = csv("\"sf__Id\",\"Id\"\n\"a\",\"a\"\n\"b\",\"b\"\n");
    Reply one = csv("\"sf__Id\",\"sf__Error\"\n\"c\",\"locked\"\n");
    server.then(one, two, two, one);
    assertArrayEquals(two.body(), ingest.successful(job));
    assertArrayEquals(one.body(), ingest.failed(job));
    assertEquals(2, waits.size());
    assertEquals("GET " + JOBS + "/750A/failedResults", asked().get(3));
  }

  private static Reply job(String id, String state) {
    return json(200, String.format("{\"id\":\"%s\",\"state\":\"%s\"}", id, state));
  }

  /** What was asked after the login. */
  private List<String> asked() {
    return server.asked().stream().skip(1).map(one -> one.method() + " " + one.target()).toList();
  }
}
