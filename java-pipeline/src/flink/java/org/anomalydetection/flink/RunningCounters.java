package org.anomalydetection.flink;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.beam.model.pipeline.v1.MetricsApi.MonitoringInfo;
import org.apache.beam.runners.core.metrics.MonitoringInfoConstants.Labels;
import org.apache.beam.runners.core.metrics.MonitoringInfoConstants.Urns;
import org.apache.beam.runners.core.metrics.SimpleMonitoringInfoBuilder;
import org.apache.flink.api.common.JobID;

/**
 * The counters of a job that has no end: Beam hands its metrics over when a job is done, and shows
 * them meanwhile among Flink's own, since the last start of the job, under names with underscores
 * for dots.
 */
final class RunningCounters {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofSeconds(2);

  /** The namespaces of counters that are looked for, the longer ones first. */
  private static final List<String> NAMESPACES =
      List.of("org.anomalydetection.salesforce", "org.anomalydetection", "anomaly_detection");

  private final String url;

  /**
   * @param master the address of Flink's REST interface, {@code host:port}
   */
  RunningCounters(String master, JobID job) {
    this.url = "http://" + master + "/jobs/" + job;
  }

  /** Returns the counters as they are now. */
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
      if (!names.isEmpty()) {
        for (JsonNode metric : get(metrics + "?agg=sum&get=" + String.join(",", names))) {
          counters.add(counter(metric));
        }
      }
    }
    return counters;
  }

  private static MonitoringInfo counter(JsonNode metric) {
    String id = metric.path("id").asText();
    String namespace = namespace(id).orElseThrow();
    return new SimpleMonitoringInfoBuilder()
        .setUrn(Urns.USER_SUM_INT64)
        .setLabel(Labels.NAMESPACE, namespace)
        .setLabel(Labels.NAME, name(id).substring(namespace.length() + 1))
        .setLabel(Labels.PTRANSFORM, id)
        .setInt64SumValue(metric.path("sum").asLong())
        .build();
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
    return MAPPER.readTree(HTTP.send(request, BodyHandlers.ofByteArray()).body());
  }
}
