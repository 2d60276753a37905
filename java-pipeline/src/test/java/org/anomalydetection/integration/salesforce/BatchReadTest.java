package org.anomalydetection.integration.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.anomalydetection.salesforce.ReadRows;
import org.anomalydetection.salesforce.SalesforceIO;
import org.anomalydetection.salesforce.SalesforceServer;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.Pipeline.PipelineExecutionException;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A read of all opportunities is what the store has, whatever goes wrong on the way. */
class BatchReadTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int PAGE = 700;
  private static SalesforceServer server;
  private static Reading reading;

  @BeforeAll
  static void start() throws Exception {
    server = SalesforceServer.start("--bulk-page=" + PAGE);
    reading = new Reading(server);
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
  void shouldReadAllInPagesOfOneBulkQuery() {
    List<Row> stored = reading.stored();
    assertEquals(2000, stored.size());
    Reading.assertReads(reading.all(), stored);
    assertEquals(1, server.calls("bulk_create"));
    assertEquals(3, server.calls("bulk_results"));
    assertEquals(0, server.calls("query"));
    assertEquals(1, server.calls("bulk_delete"));
    assertEquals(0, server.jobs(), "results that were read are not kept");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'fault': 'session', 'endpoint': 'bulk_results', 'after': 1}",
        "{'fault': 'session', 'endpoint': 'bulk_status'}",
        "{'fault': 'limit', 'endpoint': 'bulk_results', 'after': 1}",
        "{'fault': '429', 'endpoint': ['bulk_create', 'bulk_results'], 'times': 2}",
        "{'fault': '429', 'endpoint': 'bulk_results', 'retry_after': 1}",
        "{'fault': '503', 'endpoint': 'bulk_results', 'after': 1, 'times': 2}",
        "{'fault': '503', 'endpoint': 'bulk_status', 'retry_after': 1}",
        "{'fault': '406', 'endpoint': 'bulk_results'}",
        "{'fault': 'html', 'endpoint': 'bulk_results', 'after': 2}",
        "{'fault': 'drop', 'endpoint': ['bulk_status', 'bulk_results'], 'times': 2}",
        "{'fault': 'cut', 'after': 1}",
        "{'fault': 'truncated', 'after': 1}",
        "{'fault': 'rows', 'after': 1}",
        "{'fault': 'count', 'after': 1}",
        "{'fault': 'job_failed', 'times': 2}",
        "{'fault': 'job_failed', 'message': 'QUERY_TIMEOUT: running for too long', 'times': 3}",
      })
  void shouldSurviveInBulk(String fault) throws Exception {
    switchOn(fault);
    Reading.assertReads(reading.all(), reading.stored());
    assertStruck();
    assertEquals(0, server.jobs(), "neither is what failed");
  }

  @Test
  void shouldReadWhatItCannotDeleteAfterwards() throws Exception {
    switchOn("{'fault': '503', 'endpoint': 'bulk_delete', 'times': null}");
    Reading.assertReads(reading.all(), reading.stored());
    assertStruck();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldGoByACursorInAnyCase(boolean byRest) throws Exception {
    if (byRest) {
      switchOn("{'fault': 'bulk_limit', 'times': null}");
    }
    Instant middle = Instant.parse("2025-03-01T00:00:00Z");
    ReadRows read = reading.all().withCursorField("systemMODstamp").withEnd(middle);
    Reading.assertReads(read, inside(Instant.EPOCH, middle, 500));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'fault': 'session', 'endpoint': 'query_more'}",
        "{'fault': '503', 'endpoint': 'query_more', 'times': 2}",
        "{'fault': 'truncated', 'endpoint': 'query_more'}",
        "{'fault': 'rows', 'endpoint': 'query_more'}",
        "{'fault': 'cut', 'endpoint': 'query_more'}",
      })
  void shouldSurviveByRestWhenThereAreNoBulkQueriesLeft(String fault) throws Exception {
    switchOn("{'fault': 'bulk_limit', 'times': null}");
    switchOn(fault);
    ReadRows pages = reading.all().withConnection(server.connection().withPageSize(500));
    Reading.assertReads(pages, reading.stored());
    assertStruck();
    assertEquals(0, server.calls("bulk_results"));
  }

  @Test
  void shouldDivideWhatTakesRestTooLong() throws Exception {
    switchOn("{'fault': 'bulk_limit', 'times': null}");
    switchOn("{'fault': 'query_timeout', 'more_than': 600, 'times': null}");
    ReadRows pages = reading.all().withConnection(server.connection().withPageSize(500));
    Reading.assertReads(pages.withEnd(Instant.now().minus(ReadRows.LAG)), reading.stored());
    assertStruck();
  }

  @Test
  void shouldReadWhatTakesRestTooLongOnceThoughItChangesMeanwhile() throws Exception {
    switchOn("{'fault': 'bulk_limit', 'times': null}");
    switchOn("{'fault': 'query_timeout', 'more_than': 400, 'times': null}");
    switchOn("{'fault': 'slow', 'endpoint': 'query', 'seconds': 0.2, 'times': null}");
    Pipeline pipeline = Reading.pipeline();
    ReadResult result =
        pipeline.apply("Read", reading.all().withConnection(server.connection().withPageSize(500)));
    Captured.from(result, result.rows());
    List<String> ids = List.copyOf(server.records().keySet());
    CompletableFuture<Void> job =
        CompletableFuture.runAsync(() -> pipeline.run().waitUntilFinish());
    for (int i = 0; !job.isDone(); i++) {
      List<String> some = ids.subList(i % 40 * 50, i % 40 * 50 + 50);
      server.change("PATCH", Map.of("ids", some, "values", Map.of("StageName", "Won")));
      Thread.sleep(20);
    }
    job.join();
    assertEquals(
        ids.stream().sorted().toList(),
        Captured.rows().stream().map(row -> row.row().getString("Id")).sorted().toList());
    assertEquals(2000, Captured.count());
    assertStruck();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void shouldReadTheRestByRestWhenHalvesUseUpTheBulkQueries(int timeouts) throws Exception {
    switchOn(
        String.format(
            "{'fault': 'job_failed', 'message': 'QUERY_TIMEOUT', 'times': %d}", timeouts));
    switchOn(String.format("{'fault': 'bulk_limit', 'after': %d, 'times': null}", timeouts + 1));
    List<String> ids = List.copyOf(server.records().keySet());
    // The halves of the time since 1999 end in 2012 and 2005.
    server.stamp(Map.of("stamp", "2001-01-01T00:00:00Z", "ids", ids.subList(0, 300)));
    server.stamp(Map.of("stamp", "2010-01-01T00:00:00Z", "ids", ids.subList(300, 600)));
    Reading.assertReads(reading.all(), reading.stored());
    assertStruck();
    assertEquals(1, server.calls("query"));
  }

  @ParameterizedTest
  @CsvSource({"false, 100000", "true, 400000", "true, 100000"})
  void shouldAskForLessWhereAPageIsTooLarge(boolean byRest, int bytes) throws Exception {
    if (byRest) {
      switchOn("{'fault': 'bulk_limit', 'times': null}");
    }
    Reading.assertReads(
        reading.all().withConnection(server.connection().withAnswerLimit(bytes)), reading.stored());
    assertThat(
        server.calls("bulk_results") + server.calls("query") + server.calls("query_more"),
        greaterThan(9L));
  }

  @Test
  void shouldSayThatARecordAloneIsTooLarge() {
    Instant edge = Instant.parse("2024-05-01T00:00:00Z");
    List<String> ids = List.copyOf(server.records().keySet()).subList(0, 10);
    Map<String, String> large = Map.of("Name", "a".repeat(20_000));
    server.change("PATCH", Map.of("ids", ids.subList(7, 8), "values", large));
    server.stamp(Map.of("stamp", edge.toString(), "ids", ids));
    Pipeline pipeline = Reading.pipeline();
    pipeline.apply(
        reading
            .all()
            .withConnection(server.connection().withAnswerLimit(15_000))
            .withEnd(edge.plusMillis(1)));
    PipelineExecutionException e =
        assertThrows(PipelineExecutionException.class, () -> pipeline.run().waitUntilFinish());
    assertThat(e.getMessage(), containsString("a record alone is too large"));
    assertThat(e.getMessage(), containsString("expected at most 15,000 bytes"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'fault': 'job_failed', 'times': null}|state JobComplete, found Failed after 3 attempts",
        "{'fault': 'job_stuck', 'times': null}|expected it to end within PT1S",
        "{'fault': 'limit', 'times': null}|REQUEST_LIMIT_EXCEEDED",
        "{'fault': '503', 'endpoint': 'bulk_results', 'after': 1, 'times': null}|503",
        "{'fault': 'rows', 'after': 1, 'times': null}|700",
        "{'fault': 'locator', 'after': 1, 'times': null}|INVALID_QUERY_LOCATOR",
      })
  void shouldSayWhatItCouldNotSurvive(String faultAndMessage) throws Exception {
    String[] parts = faultAndMessage.split("\\|", -1);
    switchOn(parts[0]);
    Pipeline pipeline = Reading.pipeline();
    pipeline.apply(reading.all().withJobTimeout(Duration.ofSeconds(1)));
    PipelineExecutionException e =
        assertThrows(PipelineExecutionException.class, () -> pipeline.run().waitUntilFinish());
    assertThat(e.getMessage(), containsString(parts[1]));
    assertStruck();
    boolean hasResults = server.calls("bulk_results") > 0;
    assertEquals(hasResults ? 1 : 0, server.jobs(), "a query without results is not kept");
    assertEquals(parts[0].contains("job_") ? 1 : 0, server.calls("bulk_abort"));
  }

  @Test
  void shouldLoseNoneOfFiveThousandWithOneTimeOnAnEdge() {
    Instant edge = Instant.parse("2024-05-01T00:00:00Z");
    server.change("POST", Map.of("count", 4000));
    List<String> ids = new ArrayList<>(server.records().keySet());
    server.stamp(Map.of("stamp", edge.toString(), "ids", ids.subList(0, 5000)));
    server.stamp(Map.of("stamp", edge.minusMillis(1).toString(), "ids", ids.subList(5000, 5500)));
    ReadRows before = reading.all().withEnd(edge);
    ReadRows windows =
        reading
            .all()
            .withStart(edge.minusSeconds(3600))
            .withEnd(edge.plusSeconds(3600))
            .withWindow(Duration.ofHours(1));
    Reading.assertReads(windows, inside(edge.minusSeconds(3600), edge.plusSeconds(3600), 5500));
    Reading.assertReads(before, inside(Instant.EPOCH, edge, -1));
  }

  private static List<Row> inside(Instant start, Instant end, int expected) {
    List<Row> rows =
        reading.stored(
            record -> {
              Instant changed = Instant.parse(record.get("SystemModstamp").textValue());
              return !changed.isBefore(start) && changed.isBefore(end);
            });
    assertTrue(rows.size() >= expected);
    return rows;
  }

  @Test
  void shouldWaitForRecordsThatShowLateUpToItsEnd() {
    server.change("POST", Map.of("count", 5, "visible_after", 3));
    ReadRows read = reading.all().withEnd(Instant.now()).withLag(Duration.ofSeconds(4));
    Pipeline pipeline = Reading.pipeline();
    ReadResult result = pipeline.apply("Read", read);
    Captured.from(result, result.rows());
    pipeline.run().waitUntilFinish();
    assertEquals(2005, Captured.count());
    assertEquals(2005, reading.stored().size());
  }

  @Test
  void shouldReadWhatShowsWithoutAnEnd() {
    server.change("POST", Map.of("count", 5, "visible_after", 600));
    assertEquals(2000, reading.stored().size());
    Reading.assertReads(reading.all(), reading.stored());
  }

  @Test
  void shouldReadDeletedRecordsOnlyWhenAsked() throws Exception {
    Reading withDeleted = new Reading(server, Map.of("IsDeleted", "IsDeleted"));
    List<String> ids = List.copyOf(server.records().keySet()).subList(0, 10);
    Map<String, Row> expected = new HashMap<>();
    for (Row row : withDeleted.stored()) {
      boolean deleted = ids.contains(row.getString("Id"));
      expected.put(
          row.getString("Id"), Row.fromRow(row).withFieldValue("IsDeleted", deleted).build());
    }
    server.change("DELETE", Map.of("ids", ids));
    Reading.assertReads(withDeleted.all().withIncludeDeleted(true), List.copyOf(expected.values()));
    assertEquals(1990, reading.stored().size());
    Reading.assertReads(reading.all(), reading.stored());
  }

  @Test
  void shouldReadAQueryOfSomebodysOwn() {
    ReadRows query =
        SalesforceIO.readRows()
            .withConnection(server.connection())
            .withQuery("SELECT id, Amount, account.industry FROM Opportunity WHERE IsWon = true");
    List<Row> expected = new ArrayList<>();
    Schema schema =
        Schema.builder()
            .addStringField("Id")
            .addNullableDoubleField("Amount")
            .addNullableStringField("Account.Industry")
            .build();
    server
        .records("IsWon", "Amount", "Account.Industry")
        .values()
        .forEach(
            record -> {
              if (record.get("IsWon").booleanValue()) {
                expected.add(
                    Row.withSchema(schema)
                        .addValues(
                            record.get("Id").asText(),
                            record.get("Amount").isNull()
                                ? null
                                : record.get("Amount").doubleValue(),
                            record.get("Account.Industry").textValue())
                        .build());
              }
            });
    assertTrue(expected.size() > 100);
    Reading.assertReads(query, expected);
  }

  private static void switchOn(String fault) throws Exception {
    JsonNode options = MAPPER.readTree(fault.replace('\'', '"'));
    Map<String, Object> map = new HashMap<>();
    options
        .fields()
        .forEachRemaining(
            option ->
                map.put(option.getKey(), MAPPER.convertValue(option.getValue(), Object.class)));
    server.fault((String) map.remove("fault"), map);
  }

  private static void assertStruck() {
    for (JsonNode fault : server.faults()) {
      assertTrue(fault.get("struck").asInt() > 0, fault.toString());
    }
  }
}
