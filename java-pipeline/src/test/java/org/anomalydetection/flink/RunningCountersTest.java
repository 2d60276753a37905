package org.anomalydetection.flink;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.anomalydetection.contract.TransformMetrics;
import org.anomalydetection.salesforce.ReadMetrics;
import org.apache.beam.model.pipeline.v1.MetricsApi.MonitoringInfo;
import org.apache.beam.runners.core.metrics.MonitoringInfoConstants.Labels;
import org.apache.beam.runners.core.metrics.MonitoringInfoConstants.Urns;
import org.apache.beam.runners.core.metrics.MonitoringInfoEncodings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The counters of a running job, from a page that answers as Flink's does. */
class RunningCountersTest {
  private static final String METRICS = "/jobs/j1/vertices/v1/subtasks/metrics";

  /** Flink's limit for the first line of a request. */
  private static final int LONGEST_LINE = 4096;

  /** What each of two subtasks says, by the names that Beam gives. */
  private final Map<String, Long> values = new LinkedHashMap<>();

  private HttpServer page;

  @BeforeEach
  void start() throws IOException {
    page = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    page.createContext(
        "/jobs/j1", exchange -> answer(exchange, "{\"vertices\":[{\"id\":\"v1\"}]}"));
    page.createContext(METRICS, this::metrics);
    page.start();
  }

  @AfterEach
  void stop() {
    page.stop(0);
  }

  @Test
  void shouldGiveNamesTheirColonBack() throws Exception {
    put(TransformMetrics.SCORED_BY + "3f2a", 5);
    put(TransformMetrics.MODEL_REFUSED + "expected 3 columns, found 2", 1);
    put(TransformMetrics.UNSEEN + "Stage", 2);
    put(TransformMetrics.UNSEEN_EXPECTED + "Stage", 7);
    put(TransformMetrics.PER_TRAINING_ROW, 9);
    assertEquals(
        Map.of(
            "scored_by:3f2a", 10L,
            "model_refused:expected_3_columns__found_2", 2L,
            "unseen:Stage", 4L,
            "unseen_expected:Stage", 14L,
            "scored_per_training_row", 18L),
        read(TransformMetrics.NAMESPACE, Urns.USER_SUM_INT64));
  }

  @Test
  void shouldGiveGaugesAsTheyAreAndCountersAsSums() throws Exception {
    values.put(ReadMetrics.NAMESPACE + "." + ReadMetrics.WAITS_SINCE, 1_785_000_000_123L);
    values.put(ReadMetrics.NAMESPACE + "." + ReadMetrics.CALLS_LEFT, 900L);
    values.put(ReadMetrics.NAMESPACE + "." + ReadMetrics.CALLS, 3L);
    assertEquals(
        Map.of(ReadMetrics.WAITS_SINCE, 1_785_000_000_123L, ReadMetrics.CALLS_LEFT, 900L),
        read(ReadMetrics.NAMESPACE, Urns.USER_LATEST_INT64));
    assertEquals(Map.of(ReadMetrics.CALLS, 6L), read(ReadMetrics.NAMESPACE, Urns.USER_SUM_INT64));
  }

  @Test
  void shouldAskForManyAndLongNamesByAddressesThatFlinkTakes() throws Exception {
    for (int i = 0; i < 200; i++) {
      put(TransformMetrics.UNSEEN + "Column" + i, i);
    }
    put(TransformMetrics.MODEL_REFUSED + "x".repeat(1500), 1);
    put(TransformMetrics.MODEL_REFUSED + "y".repeat(5000), 1);
    Map<String, Long> found = read(TransformMetrics.NAMESPACE, Urns.USER_SUM_INT64);
    assertEquals(201, found.size());
    assertEquals(398, found.get("unseen:Column199"));
    assertTrue(found.containsKey("model_refused:" + "x".repeat(1500)));
  }

  @Test
  void shouldTellOfAnAnswerThatIsAnError() {
    Exception failed =
        assertThrows(IOException.class, () -> new RunningCounters(address(), "gone").read());
    assertEquals(
        "http://" + address() + "/jobs/gone: expected status 200, found 404", failed.getMessage());
  }

  private void put(String name, long value) {
    values.put(TransformMetrics.NAMESPACE + "." + name, value);
  }

  private Map<String, Long> read(String namespace, String urn) throws Exception {
    Map<String, Long> found = new TreeMap<>();
    for (MonitoringInfo one : new RunningCounters(address(), "j1").read()) {
      if (one.getUrn().equals(urn) && one.getLabelsOrThrow(Labels.NAMESPACE).equals(namespace)) {
        long value =
            urn.equals(Urns.USER_SUM_INT64)
                ? MonitoringInfoEncodings.decodeInt64Counter(one.getPayload())
                : MonitoringInfoEncodings.decodeInt64Gauge(one.getPayload()).value();
        found.put(one.getLabelsOrThrow(Labels.NAME), value);
      }
    }
    return found;
  }

  private String address() {
    return page.getAddress().getHostString() + ":" + page.getAddress().getPort();
  }

  private void metrics(HttpExchange exchange) throws IOException {
    String line = "GET " + exchange.getRequestURI() + " HTTP/1.1";
    if (line.length() > LONGEST_LINE) {
      answer(exchange, 404, "{\"errors\":[\"Not found: /bad-request\"]}");
      return;
    }
    Map<String, Long> shown = new TreeMap<>();
    values.forEach((name, value) -> shown.put("Score." + name.replaceAll("[ .:,]", "_"), value));
    shown.put("Score.numRecordsIn", 4L);
    String query = exchange.getRequestURI().getQuery();
    if (query == null) {
      answer(
          exchange,
          shown.keySet().stream()
              .map("{\"id\":\"%s\"}"::formatted)
              .collect(Collectors.joining(",", "[", "]")));
      return;
    }
    assertTrue(query.startsWith("agg=sum,max&get="), query);
    answer(
        exchange,
        Arrays.stream(query.substring(query.lastIndexOf('=') + 1).split(","))
            .map(
                name ->
                    "{\"id\":\"%s\",\"sum\":%s,\"max\":%s}"
                        .formatted(name, 2.0 * shown.get(name), 1.0 * shown.get(name)))
            .collect(Collectors.joining(",", "[", "]")));
  }

  private static void answer(HttpExchange exchange, String body) throws IOException {
    answer(exchange, 200, body);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
