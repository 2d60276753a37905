package org.anomalydetection.integration.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.anomalydetection.ScoredRows;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.salesforce.SalesforceServer;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.summary.Counts;
import org.anomalydetection.summary.WriteBackCounts;
import org.anomalydetection.writeback.FieldNames;
import org.anomalydetection.writeback.Mode;
import org.anomalydetection.writeback.TargetField;
import org.anomalydetection.writeback.WriteBack;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scored rows written to the test Salesforce, with each fault that may come in between. */
class WriteBackTest {
  private static final List<String> NAMES =
      List.of("score=Anomaly_Score__c", "label=Anomaly_Label__c", "reason=Anomaly_Reason__c");
  private static final Map<String, Queue<Object>> COLLECTED = new ConcurrentHashMap<>();
  private static SalesforceServer server;
  private static List<String> ids;
  private static List<TargetField> fields;

  /** What came out of a run. */
  private record Outcome(WriteBackCounts counts, List<Row> errors, List<Row> preview) {}

  @BeforeAll
  static void start() throws Exception {
    server = SalesforceServer.start();
    ids = List.copyOf(server.records().keySet());
    fields =
        FieldNames.parse(NAMES)
            .checked(SalesforceClient.open(server.connection()).describe("Opportunity"));
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
  void shouldWriteWhatDiffersAndNothingTwice() throws Exception {
    List<Row> rows = rows(2000);
    assertCounts(2000, 0, 0, 0, run(Mode.APPLY, rows));
    assertWritten(rows);
    long jobs = server.calls("ingest_create");
    assertTrue(jobs <= 4, "a job for each shard");
    assertCounts(0, 2000, 0, 0, run(Mode.APPLY, rows));
    assertEquals(jobs, server.calls("ingest_create"));
    rows.set(7, ScoredRows.of(ids.get(7), 0.9, "Owner"));
    rows.set(8, ScoredRows.of(ids.get(8).substring(0, 15), 0.8, null));
    Outcome outcome = run(Mode.APPLY, rows);
    assertCounts(2, 1998, 0, 0, outcome);
    assertEquals(ids.get(7), outcome.counts().shown().get(0).id());
    JsonNode emptied = written().get(ids.get(8));
    assertTrue(emptied.path("Anomaly_Reason__c").isNull(), emptied.toString());
    assertEquals(0.8, emptied.path("Anomaly_Score__c").asDouble());
  }

  @Test
  void shouldOnlyTellInAPreview() throws Exception {
    Map<String, JsonNode> before = written();
    Outcome outcome = run(Mode.PREVIEW, rows(30));
    assertCounts(30, 0, 0, 0, outcome);
    assertEquals(10, outcome.counts().shown().size());
    WriteBackCounts.Change first = outcome.counts().shown().get(0);
    assertEquals(0.0145, first.score());
    assertEquals(
        new WriteBackCounts.Difference("Anomaly_Score__c", null, "0.014500"),
        first.differences().get(0));
    assertEquals(before, written());
    assertEquals(0, server.calls("ingest_create"));
  }

  @Test
  void shouldSayWhichRowsCannotBeWritten() throws Exception {
    List<Row> rows = rows(5);
    rows.add(ScoredRows.of("Deal with Acme", 0.5, null));
    rows.add(ScoredRows.of("006000000000000AAA", 0.5, null));
    Outcome outcome = run(Mode.APPLY, rows);
    assertCounts(5, 0, 0, 2, outcome);
    assertWritten(rows.subList(0, 5));
    Row first = outcome.errors().get(0);
    assertEquals("006000000000000AAA", first.getString("id"));
    assertEquals(
        "Id: expected a record that this login may see, found 006000000000000AAA",
        first.getString("error"));
    Row second = outcome.errors().get(1);
    assertEquals(
        "Id: expected an id of 15 or 18 characters, found Deal with Acme",
        second.getString("error"));
    assertEquals("write back", second.getString("stage"));
    assertEquals(server.url().toString(), second.getString("source"));
    assertEquals("{\"Id\":\"Deal with Acme\",\"model_id\":\"m\"}", second.getString("element"));
  }

  @Test
  void shouldLetTheLatestRowOfARecordCount() throws Exception {
    String id = ids.get(0);
    Outcome outcome =
        collect(
            Mode.APPLY,
            Duration.ofMinutes(1),
            Create.timestamped(
                    TimestampedValue.of(ScoredRows.of(id, 0.7, "Owner"), Instant.ofEpochMilli(2)),
                    TimestampedValue.of(ScoredRows.of(id, 0.2, null), Instant.ofEpochMilli(3)),
                    TimestampedValue.of(ScoredRows.of(id, 0.9, "Owner"), Instant.ofEpochMilli(1)))
                .withCoder(RowCoder.of(ContractSchema.SCORED)));
    assertCounts(1, 0, 2, 0, outcome);
    assertEquals(0.2, written().get(id).path("Anomaly_Score__c").asDouble());
  }

  @Test
  void shouldKeepRowsOfAnUnboundedInputNotLongerThanAMinute() throws Exception {
    String id = ids.get(0);
    Outcome outcome =
        collect(
            Mode.APPLY,
            Duration.ofMinutes(1),
            TestStream.create(RowCoder.of(ContractSchema.SCORED))
                .addElements(ScoredRows.of(id, 0.7, "Owner"), ScoredRows.of(id, 0.8, "Owner"))
                .advanceProcessingTime(org.joda.time.Duration.standardSeconds(61))
                .addElements(ScoredRows.of(id, 0.2, null))
                .advanceWatermarkToInfinity());
    assertCounts(2, 0, 1, 0, outcome);
    assertEquals(0.2, written().get(id).path("Anomaly_Score__c").asDouble());
  }

  @Test
  void shouldWriteAFewRowsOfAnUnboundedInputByOneCall() throws Exception {
    List<Row> rows = rows(150);
    rows.set(0, ScoredRows.of("Deal with Acme", 0.5, null));
    server.fault("lock", Map.of("id", ids.get(3), "times", 2));
    server.fault("lock", Map.of("id", ids.get(4), "times", 3));
    assertCounts(148, 0, 0, 2, run(Mode.APPLY, unbounded(rows)));
    rows.remove(4);
    rows.remove(0);
    assertWritten(rows);
    assertEquals(3, server.calls("composite"), "one call and two for those that were locked");
    assertEquals(1, server.calls("query"));
    assertCounts(0, 148, 0, 0, run(Mode.APPLY, unbounded(rows)));
    assertEquals(3, server.calls("composite"));
    assertCounts(1501, 147, 0, 0, run(Mode.APPLY, unbounded(rows(1650).subList(2, 1650))));
    assertEquals(1, server.calls("ingest_create"), "many are written by a job");
  }

  @ParameterizedTest
  @CsvSource({
    "limit,composite,TotalRequests Limit exceeded",
    "503,composite,HTTP 503",
    "drop,query,tried 4 times",
    "query_timeout,query,running for too long",
  })
  void shouldTakeToTheErrorsWhatCannotBeWrittenNow(String fault, String endpoint, String message)
      throws Exception {
    always(fault, endpoint, 0);
    List<Row> rows = rows(20);
    Outcome outcome = run(Mode.APPLY, unbounded(rows));
    assertCounts(0, 0, 0, 20, outcome);
    assertThat(outcome.errors().get(0).getString("error"), containsString(message));
    server.reset();
    assertCounts(20, 0, 0, 0, run(Mode.APPLY, unbounded(rows)));
  }

  @Test
  void shouldTellOnlyOfThoseThatAreNotWrittenWhenCallsEnd() throws Exception {
    always("limit", "composite", 3);
    List<Row> rows = rows(900);
    Outcome outcome = run(Mode.APPLY, unbounded(rows));
    assertCounts(600, 0, 0, 300, outcome);
    assertWritten(rows, outcome.errors());
  }

  @Test
  void shouldTellOnlyOfThoseThatAreLockedWhenCallsEndBeforeTheyAreWrittenAgain() throws Exception {
    server.fault("lock", Map.of("id", ids.get(3), "endpoint", "composite"));
    always("503", "composite", 1);
    List<Row> rows = rows(20);
    Outcome outcome = run(Mode.APPLY, unbounded(rows));
    assertCounts(19, 0, 0, 1, outcome);
    assertWritten(rows, outcome.errors());
  }

  @ParameterizedTest
  @CsvSource({"false,to end within 1 s", "true,HTTP 503"})
  void shouldAbortAJobThatDoesNotEndAndGoOnWhenFollowing(boolean isDown, String message)
      throws Exception {
    server.fault("job_stuck");
    if (isDown) {
      always("503", "ingest_status", 1);
    }
    List<Row> rows = rows(1001);
    Outcome outcome = collect(Mode.APPLY, Duration.ofSeconds(1), unbounded(rows));
    assertCounts(0, 0, 0, 1001, outcome);
    assertThat(outcome.errors().get(0).getString("error"), containsString(message));
    assertEquals(2, server.calls("ingest_close"), "it was aborted");
  }

  @Test
  void shouldGiveAPreviewOfAnUnboundedInputAsRows() throws Exception {
    Outcome outcome = run(Mode.PREVIEW, unbounded(List.of(ScoredRows.of(ids.get(0), 0.75, null))));
    assertCounts(1, 0, 0, 0, outcome);
    assertEquals(
        List.of(
            List.of(ids.get(0), 0.75, "Anomaly_Score__c", "null", "0.750000"),
            List.of(ids.get(0), 0.75, "Anomaly_Label__c", "null", "1")),
        outcome.preview().stream()
            .map(
                row ->
                    List.of(
                        row.getString(0),
                        row.getDouble(1),
                        row.getString(2),
                        row.getString(3) + "",
                        row.getString(4)))
            .toList());
    assertEquals(0, server.calls("composite"));
  }

  @ParameterizedTest
  @CsvSource({
    "drop,ingest_create", "503,ingest_create", "limit,ingest_create", "session,ingest_upload",
    "drop,ingest_upload", "503,ingest_upload", "drop,ingest_close", "drop,ingest_status",
    "drop,ingest_results", "truncated,ingest_results", "503,ingest_delete", "truncated,query",
    "lock,ingest_close", "job_failed,ingest_create",
  })
  void shouldWriteAllInSpiteOf(String fault, String endpoint) throws Exception {
    server.fault(fault, Map.of("endpoint", endpoint));
    List<Row> rows = rows(20);
    assertCounts(20, 0, 0, 0, run(Mode.APPLY, rows));
    assertWritten(rows);
    server.faults().forEach(one -> assertEquals(1, one.path("struck").asInt(), one.toString()));
    assertCounts(0, 20, 0, 0, run(Mode.APPLY, rows));
  }

  @Test
  void shouldTakeARecordThatStaysLockedToTheErrors() throws Exception {
    server.fault("lock", Map.of("id", ids.get(3), "times", 3));
    List<Row> rows = rows(20);
    Outcome outcome = run(Mode.APPLY, rows);
    assertCounts(19, 0, 0, 1, outcome);
    Row error = outcome.errors().get(0);
    assertEquals(ids.get(3), error.getString("id"));
    assertThat(error.getString("error"), containsString("UNABLE_TO_LOCK_ROW"));
    assertCounts(1, 19, 0, 0, run(Mode.APPLY, rows));
    assertWritten(rows);
  }

  @Test
  void shouldTakeTheRowsOfAJobThatFailsAgainAndAgainToTheErrors() throws Exception {
    server.fault("job_failed", Map.of("times", 3, "message", "InternalServerError : oops"));
    Outcome outcome = run(Mode.APPLY, List.of(ScoredRows.of(ids.get(0), 0.5, null)));
    assertCounts(0, 0, 0, 1, outcome);
    assertThat(
        outcome.errors().get(0).getString("error"),
        containsString("failed: InternalServerError : oops"));
  }

  @Test
  void shouldEndWithAClearErrorWhenAJobNeverEnds() {
    server.fault("job_stuck");
    Exception failed =
        assertThrows(
            Exception.class,
            () ->
                collect(
                    Mode.APPLY,
                    Duration.ofSeconds(1),
                    Create.of(ScoredRows.of(ids.get(0), 0.5, null))
                        .withRowSchema(ContractSchema.SCORED)));
    assertThat(failed.getMessage(), containsString("to end within 1 s, found it InProgress"));
    assertEquals(2, server.calls("ingest_close"), "it was aborted");
  }

  @Test
  void shouldEndWithAClearErrorWhenTheOrgHasNoCallsLeft() {
    Map<String, Object> always = new HashMap<>();
    always.put("times", null);
    server.fault("limit", always);
    Exception failed = assertThrows(Exception.class, () -> run(Mode.APPLY, rows(1)));
    assertThat(failed.getMessage(), containsString("TotalRequests Limit exceeded."));
  }

  private static List<Row> rows(int count) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String reason = i % 3 == 0 ? null : i % 3 == 1 ? "Stage \"x\",\ny" : "Größe ".repeat(50);
      rows.add(ScoredRows.of(ids.get(i), i / 2000.0, reason));
    }
    return rows;
  }

  private static Outcome run(Mode mode, List<Row> rows) throws IOException {
    return collect(
        mode, Duration.ofMinutes(1), Create.of(rows).withRowSchema(ContractSchema.SCORED));
  }

  private static Outcome run(Mode mode, PTransform<PBegin, PCollection<Row>> rows)
      throws IOException {
    return collect(mode, Duration.ofMinutes(1), rows);
  }

  private static PTransform<PBegin, PCollection<Row>> unbounded(List<Row> rows) {
    return TestStream.create(RowCoder.of(ContractSchema.SCORED))
        .addElements(rows.get(0), rows.subList(1, rows.size()).toArray(Row[]::new))
        .advanceWatermarkToInfinity();
  }

  private static Outcome collect(
      Mode mode, Duration jobTimeout, PTransform<PBegin, PCollection<Row>> rows)
      throws IOException {
    String run = UUID.randomUUID().toString();
    COLLECTED.put("counts" + run, new ConcurrentLinkedQueue<>());
    COLLECTED.put("errors" + run, new ConcurrentLinkedQueue<>());
    COLLECTED.put("preview" + run, new ConcurrentLinkedQueue<>());
    Pipeline pipeline = Pipeline.create();
    WriteBack.Result result =
        pipeline
            .apply(rows)
            .setRowSchema(ContractSchema.SCORED)
            .apply(
                WriteBack.to(server.connection(), "Opportunity", fields)
                    .withMode(mode)
                    .withElementColumns(List.of("model_id"))
                    .withJobTimeout(jobTimeout));
    result.counts().apply("Counts", ParDo.of(new CollectFn<>("counts" + run)));
    result.errors().apply("Errors", ParDo.of(new CollectFn<>("errors" + run)));
    result.preview().apply("Preview", ParDo.of(new CollectFn<>("preview" + run)));
    pipeline.run().waitUntilFinish();
    String lines =
        COLLECTED.get("counts" + run).stream()
            .map(String::valueOf)
            .collect(Collectors.joining("\n"));
    List<Row> errors =
        COLLECTED.get("errors" + run).stream()
            .map(Row.class::cast)
            .sorted(Comparator.comparing(row -> row.getString("id")))
            .toList();
    List<Row> preview = COLLECTED.get("preview" + run).stream().map(Row.class::cast).toList();
    return new Outcome(Counts.read(new StringReader(lines)).writeBack(), errors, preview);
  }

  private static void assertCounts(
      long changed, long equal, long superseded, long failed, Outcome outcome) {
    WriteBackCounts counts = outcome.counts();
    assertEquals(
        List.of(changed, equal, superseded, failed),
        List.of(counts.changed(), counts.equal(), counts.superseded(), counts.failed()));
    assertEquals(failed, outcome.errors().size());
  }

  private static Map<String, JsonNode> written() {
    return server.records("Anomaly_Score__c", "Anomaly_Label__c", "Anomaly_Reason__c");
  }

  /** Switches a fault on for good, once some calls have passed. */
  private static void always(String fault, String endpoint, int after) {
    Map<String, Object> options = new HashMap<>(Map.of("endpoint", endpoint, "after", after));
    options.put("times", null);
    server.fault(fault, options);
  }

  /** Asserts that those rows were written that are not among the errors, and no others. */
  private static void assertWritten(List<Row> rows, List<Row> errors) {
    Set<String> failed =
        errors.stream().map(error -> error.getString("id")).collect(Collectors.toSet());
    assertWritten(rows.stream().filter(row -> !failed.contains(row.getString("id"))).toList());
    Map<String, JsonNode> records = written();
    failed.forEach(id -> assertTrue(records.get(id).path("Anomaly_Score__c").isNull(), id));
  }

  private static void assertWritten(List<Row> rows) {
    Map<String, JsonNode> records = written();
    for (Row row : rows) {
      JsonNode record = records.get(row.getString("id"));
      assertEquals(
          row.getDouble("score"),
          record.path("Anomaly_Score__c").asDouble(),
          1e-6,
          record.toString());
      assertEquals(row.getInt64("label"), record.path("Anomaly_Label__c").asLong());
      String reason = record.path("Anomaly_Reason__c").asText("");
      if (row.getArray("reasons").isEmpty()) {
        assertEquals("", reason);
      } else {
        assertTrue(
            reason.equals("Stage \"x\", y is 1, expected missing")
                || (reason.length() == 255 && reason.endsWith("…")),
            reason);
      }
    }
  }

  private static final class CollectFn<T> extends DoFn<T, Void> {
    private static final long serialVersionUID = 1L;

    private final String key;

    CollectFn(String key) {
      this.key = key;
    }

    @ProcessElement
    public void process(@Element T element) {
      COLLECTED.get(key).add(element);
    }
  }
}
