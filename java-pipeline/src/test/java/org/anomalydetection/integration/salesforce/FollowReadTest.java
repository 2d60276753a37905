package org.anomalydetection.integration.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.salesforce.DistinctVersions;
import org.anomalydetection.salesforce.ReadRows;
import org.anomalydetection.salesforce.SalesforceServer;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;

/** Changes as they happen, on the runner that a run starts. */
class FollowReadTest {
  private static final Duration LIVE = Duration.ofSeconds(8);
  private static final int ON_EDGE = 5000;

  @Test
  void shouldGiveEachChangeOnceAtItsTime() throws Exception {
    try (SalesforceServer server = SalesforceServer.start("--rows=6000")) {
      Reading reading = new Reading(server);
      Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      Instant start = now.minus(Duration.ofHours(2));
      Instant end = now.plus(LIVE);
      List<String> ids = List.copyOf(server.records().keySet());
      Instant edge = start.plus(Duration.ofHours(1));
      server.stamp(Map.of("stamp", edge.toString(), "ids", ids.subList(0, ON_EDGE)));
      ReadRows read =
          reading
              .all()
              .withStart(start)
              .withEnd(end)
              .withWindow(Duration.ofHours(1))
              // Stamps are of whole seconds: what shows 0.3 s late is up to 1.3 s behind its own.
              .withLag(Duration.ofSeconds(2))
              .withPollInterval(Duration.ofMillis(200));
      CompletableFuture<Void> job = CompletableFuture.runAsync(() -> follow(read));
      List<String> changed = ids.subList(ON_EDGE, ids.size());
      int changes = 0;
      for (; Instant.now().isBefore(end.minusSeconds(2)); changes++) {
        server.change("POST", Map.of("count", 2, "visible_after", 0.3));
        server.change(
            "PATCH",
            Map.of(
                "ids",
                changed.subList(3 * changes, 3 * changes + 3),
                "values",
                Map.of("StageName", "Won")));
        Thread.sleep(300);
      }
      job.join();
      List<String> expected =
          server.records("SystemModstamp").values().stream()
              .filter(record -> inside(record, start, end))
              .map(record -> record.get("Id").asText() + " " + changed(record).toEpochMilli())
              .sorted()
              .toList();
      assertThat(expected.size(), greaterThanOrEqualTo(ON_EDGE + 5 * changes));
      List<String> found =
          Captured.rows().stream()
              .map(row -> row.row().getString("Id") + " " + row.millis())
              .sorted()
              .toList();
      assertEquals(expected, found);
      assertEquals(List.of(), Captured.errors());
      assertEquals(0, server.calls("bulk_create"), "no bulk query of the few that there are");
    }
  }

  private static void follow(ReadRows read) {
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(PortableRunner.class);
    Engine.Settings settings =
        new Engine.Settings(
            Optional.empty(), Optional.of("none:1"), Executables.prism(), Optional.empty());
    try (Engine engine = Engine.start(settings, options)) {
      engine.requireAlive();
      Pipeline pipeline = Pipeline.create(options);
      ReadResult result = pipeline.apply("Read", read);
      Captured.from(result, result.rows().apply("Distinct", DistinctVersions.by("Id")));
      assertEquals(PipelineResult.State.DONE, pipeline.run().waitUntilFinish());
    }
  }

  private static boolean inside(JsonNode record, Instant start, Instant end) {
    Instant changed = changed(record);
    return !changed.isBefore(start) && changed.isBefore(end);
  }

  private static Instant changed(JsonNode record) {
    return Instant.parse(record.get("SystemModstamp").textValue());
  }
}
