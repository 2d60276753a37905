package org.anomalydetection.flink;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.beam.model.pipeline.v1.MetricsApi.MonitoringInfo;
import org.apache.beam.runners.core.metrics.GaugeData;
import org.apache.beam.runners.core.metrics.MonitoringInfoConstants.Labels;
import org.apache.beam.runners.core.metrics.MonitoringInfoConstants.Urns;
import org.apache.beam.runners.core.metrics.SimpleMonitoringInfoBuilder;

/**
 * The counters of a job that has no end: Beam hands its metrics over when a job is done, and shows
 * them meanwhile among Flink's own, since the last start of the job, under names with underscores
 * for dots, colons, commas and spaces. The colon of the contract's prefixes comes back; what is
 * behind it, such as why a model was refused, keeps its underscores.
 */
final class RunningCounters {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofSeconds(2);

  /** How many characters of names are asked for at once: Flink takes 4,096 for an address. */
  private static final int MOST_CHARACTERS = 3_000;

  /** The namespaces of counters that are looked for, the longer ones first. */
  private static final List<String> NAMESPACES =
      List.of("org.anomalydetection.salesforce", "org.anomalydetection", "anomaly_detection");

  /** The names of which the last value counts, not the sum. */
  private static final Set<String> GAUGES = Set.of("api_calls_left", "waits_since");

  /** What the contract's names begin with that have a colon, the longer ones first. */
  private static final List<String> PREFIXES = prefixes();

  private final String url;

  /**
   * @param master the address of Flink's REST interface, {@code host:port}
   * @param job the job's id
   */
  RunningCounters(String master, String job) {
    this.url = "http://" + master + "/jobs/" + job;
  }

  /**
   * Returns the counters and gauges as they are now, but for those whose names are too long to be
   * asked for.
   *
   * @throws IOException if Flink does not answer, or with another status than 200
   */
  List<MonitoringInfo> read() throws IOException, InterruptedException {
    List<MonitoringInfo> counters = new ArrayList<>();
    for (JsonNode vertex : get(url).path("vertices")) {
      String metrics = url + "/vertices/" + vertex.path("id").asText() + "/subtasks/metrics";
      List<String> names = new ArrayList<>();
      for (JsonNode metric : get(metrics)) {
        String id = metric.path("id").asText();
        if (namespace(id).isPresent()) {
          names.add(URLEncoder.encode(id, UTF_8));
        }
      }
      for (String some : askable(names)) {
        for (JsonNode metric : get(metrics + "?agg=sum,max&get=" + some)) {
          counters.add(counter(metric));
        }
      }
    }
    return counters;
  }

  /** Returns the names put together with commas, as many as an address has room for. */
  private static List<String> askable(List<String> names) {
    List<String> together = new ArrayList<>();
    String some = "";
    for (String name : names) {
      if (name.length() > MOST_CHARACTERS) {
        continue;
      }
      if (some.length() + 1 + name.length() > MOST_CHARACTERS) {
        together.add(some);
        some = "";
      }
      some += some.isEmpty() ? name : "," + name;
    }
    if (!some.isEmpty()) {
      together.add(some);
    }
    return together;
  }

  private static MonitoringInfo counter(JsonNode metric) {
    String id = metric.path("id").asText();
    String namespace = namespace(id).orElseThrow();
    String name = name(id).substring(namespace.length() + 1);
    SimpleMonitoringInfoBuilder counter =
        new SimpleMonitoringInfoBuilder()
            .setLabel(Labels.NAMESPACE, namespace)
            .setLabel(Labels.NAME, withColon(name))
            .setLabel(Labels.PTRANSFORM, id);
    return GAUGES.contains(name)
        ? counter
            .setUrn(Urns.USER_LATEST_INT64)
            .setInt64LatestValue(GaugeData.create(metric.path("max").asLong()))
            .build()
        : counter.setUrn(Urns.USER_SUM_INT64).setInt64SumValue(metric.path("sum").asLong()).build();
  }

  private static String withColon(String name) {
    return PREFIXES.stream()
        .filter(prefix -> name.startsWith(prefix.replace(':', '_')))
        .findFirst()
        .map(prefix -> prefix + name.substring(prefix.length()))
        .orElse(name);
  }

  private static List<String> prefixes() {
    List<String> prefixes = new ArrayList<>();
    try (InputStream contract = RunningCounters.class.getResourceAsStream("contract.json")) {
      for (JsonNode name : MAPPER.readTree(contract).required("metrics")) {
        if (name.asText().endsWith(":")) {
          prefixes.add(name.asText());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    prefixes.sort(Comparator.comparing(String::length).reversed());
    return prefixes;
  }

  private static Optional<String> namespace(String id) {
    return NAMESPACES.stream()
        .filter(one -> name(id).startsWith(one.replace('.', '_') + "_"))
        .findFirst();
  }

  /** Returns the name behind that of the operator. */
  private static String name(String id) {
    return id.substring(id.lastIndexOf('.') + 1);
  }

  private static JsonNode get(String address) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(address)).timeout(LIMIT).build();
    HttpResponse<byte[]> response = HTTP.send(request, BodyHandlers.ofByteArray());
    if (response.statusCode() != 200) {
      throw new IOException(
          String.format("%s: expected status 200, found %d", address, response.statusCode()));
    }
    return MAPPER.readTree(response.body());
  }
}
