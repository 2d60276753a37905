package org.anomalydetection.integration.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.anomalydetection.salesforce.ReadMetrics;
import org.anomalydetection.salesforce.ReadRows;
import org.anomalydetection.salesforce.SalesforceServer;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.Pipeline.PipelineExecutionException;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Following goes on after whatever may pass, and gives out nothing of a window it cannot read. */
class FollowFaultsTest {
  private static final Duration LAG = Duration.ofSeconds(2);
  private static SalesforceServer server;
  private static Reading reading;

  private final Instant now = Instant.now();
  private final Instant start = now.minus(Duration.ofHours(1)).truncatedTo(ChronoUnit.MILLIS);

  @BeforeAll
  static void start() throws Exception {
    server = SalesforceServer.start();
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

  /** Follows up to an end that is still to come here, and has passed where Salesforce is. */
  private ReadRows read() {
    server.skew(600);
    return read(Instant.now().plusSeconds(300));
  }

  private ReadRows read(Instant end) {
    return reading
        .all()
        .withConnection(server.connection().withPageSize(300))
        .withStart(start)
        .withEnd(end.truncatedTo(ChronoUnit.MILLIS))
        .withLag(LAG)
        .withPollInterval(Duration.ofMillis(50));
  }

  private static PipelineResult follow(ReadRows read) {
    Pipeline pipeline = Reading.pipeline();
    // Each thread's reader would learn for itself how long windows may be.
    pipeline.getOptions().as(DirectOptions.class).setTargetParallelism(1);
    ReadResult result = pipeline.apply("Read", read);
    Captured.from(result, result.rows());
    PipelineResult run = pipeline.run();
    run.waitUntilFinish();
    return run;
  }

  /** Gives so many records times between the start and now, a thousand each. */
  private List<String> stamped(int count) {
    if (count > 2000) {
      server.change("POST", Map.of("count", count - 2000));
    }
    List<String> ids = List.copyOf(server.records().keySet());
    server.stamp(Map.of("stamp", start.minusSeconds(1).toString(), "ids", ids));
    for (int from = 0; from < count; from += 1000) {
      Instant stamp = start.plusSeconds(60 + from / 1000);
      server.stamp(Map.of("stamp", stamp.toString(), "ids", ids.subList(from, from + 1000)));
    }
    return ids.subList(0, count);
  }

  private static void assertRead(List<String> ids) {
    assertEquals(
        ids.stream().sorted().toList(),
        Captured.rows().stream().map(row -> row.row().getString("Id")).sorted().toList());
    assertEquals(List.of(), Captured.errors());
    assertEquals(ids.size(), Captured.count());
  }

  private static long waits(PipelineResult run) {
    MetricsFilter filter =
        MetricsFilter.builder()
            .addNameFilter(MetricNameFilter.named(ReadMetrics.NAMESPACE, ReadMetrics.WAITS))
            .build();
    return run.metrics().queryMetrics(filter).getCounters().iterator().next().getCommitted();
  }

  @ParameterizedTest
  @CsvSource({
    "503, query, 7, 2",
    "503, query_more, 7, 2",
    "503, token, 3, 1",
    "drop, query_more, 8, 1",
    "limit, query, 2, 2",
    "limit, query_more, 1, 1",
    "locator, query_more, 2, 2",
    "rows, query_more, 3, 1",
  })
  void shouldReadAllOnceAfter(String fault, String endpoint, int times, int waits) {
    List<String> ids = stamped(1000);
    server.fault(fault, Map.of("endpoint", endpoint, "times", times, "after", after(endpoint)));
    PipelineResult run = follow(read());
    assertRead(ids);
    assertEquals(waits, waits(run));
    for (JsonNode one : server.faults()) {
      assertEquals(times, one.get("struck").asInt(), one.toString());
    }
  }

  /** What fails within a window does so when a part of it has been read. */
  private static int after(String endpoint) {
    return endpoint.equals("query_more") ? 1 : 0;
  }

  @Test
  void shouldSayWhenItHasFailedForTooLong() {
    stamped(1000);
    Map<String, Object> always = new HashMap<>(Map.of("endpoint", "query_more"));
    always.put("times", null);
    server.fault("503", always);
    ReadRows read = read().withOutageLimit(Duration.ofMillis(500));
    PipelineExecutionException e =
        assertThrows(PipelineExecutionException.class, () -> follow(read));
    assertThat(e.getMessage(), containsString("expected it to be read again within PT0.5S"));
    assertThat(e.getMessage(), containsString("Lastly: Salesforce refused GET"));
    assertEquals(List.of(), Captured.rows());
  }

  @Test
  void shouldReadNoMoreAtATimeThanIsHeldWell() {
    List<String> ids = stamped(12_000);
    // In few pages, since a window that is not read within a second is read again by this runner.
    follow(read().withConnection(server.connection().withPageSize(2000)));
    assertRead(ids);
    assertThat(Captured.counts(), everyItem(lessThanOrEqualTo(10_000L)));
    assertThat(server.calls("query"), lessThanOrEqualTo(24L));
  }

  @Test
  void shouldDivideWhatTakesSalesforceTooLong() {
    List<String> ids = stamped(5000);
    Map<String, Object> large = new HashMap<>(Map.of("more_than", 2500));
    large.put("times", null);
    server.fault("query_timeout", large);
    follow(read());
    assertRead(ids);
    assertThat(server.faults().get(0).get("struck").asInt(), greaterThan(0));
  }

  @Test
  @Timeout(120)
  void shouldStayBehindTheClockOfSalesforce() throws Exception {
    stamped(0);
    server.skew(-10);
    Instant end = Instant.now().minus(LAG).plusSeconds(5);
    CompletableFuture<Void> job = CompletableFuture.runAsync(() -> follow(read(end)));
    Thread.sleep(6000);
    // By the clock of this machine all up to the end shows by now.
    List<String> ids = server.change("POST", Map.of("count", 5, "visible_after", 0.5));
    job.join();
    assertRead(ids);
    assertEquals(0, server.calls("bulk_create"));
  }

  @Test
  @Timeout(120)
  void shouldNotWaitForItsOwnClock() {
    stamped(0);
    server.skew(600);
    List<String> ids = server.change("POST", Map.of("count", 5));
    follow(read(Instant.now().plusSeconds(602)));
    assertRead(ids);
    assertEquals(0, server.calls("bulk_create"));
  }
}
