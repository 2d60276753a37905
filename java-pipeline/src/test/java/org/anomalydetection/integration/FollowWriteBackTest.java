package org.anomalydetection.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.anomalydetection.salesforce.SalesforceServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores that are written to the org that is followed, which shows them as changes. */
class FollowWriteBackTest {
  private static final int RECORDS = 300;

  /** Below the minute that rows would wait for others if their window did not end. */
  private static final Duration SOON = Duration.ofSeconds(55);

  @TempDir Path folder;
  private final SalesforceServer org = SalesforceServer.start("--rows=" + RECORDS);
  private final List<Forked> runs = new ArrayList<>();

  @AfterEach
  void end() {
    runs.forEach(Forked::kill);
    org.close();
  }

  @Test
  void shouldWriteWhatDiffersAndReadItsOwnWritesWithoutEnd() throws Exception {
    List<String> ids = List.copyOf(org.records().keySet());
    Path preview = folder.resolve("preview");
    Forked first = follow(preview, "--writeBack=preview");
    first.await(Outputs.LIMIT, "a preview of all", () -> previewed(preview).size() == RECORDS);
    endAsAsked(first);
    assertEquals(new TreeSet<>(ids), previewed(preview));
    assertEquals(RECORDS, Outputs.scored(preview).size());
    assertTrue(written(ids.get(0)).isNull());

    org.fault("lock", Map.of("id", ids.get(7), "times", 3, "endpoint", "composite"));
    Path out = folder.resolve("out");
    Forked second = follow(out, "--writeBack=apply");
    second.await(
        Outputs.LIMIT, "all are read again once written", () -> scored(out) == 2 * RECORDS - 1);
    org.change("PATCH", Map.of("ids", ids.subList(0, 2), "values", Map.of("Amount", 9.9e8)));
    second.await(SOON, "changes are committed", () -> scored(out) >= 2 * RECORDS + 1);
    second.await(
        Outputs.LIMIT, "they are read again once written", () -> scored(out) == 2 * RECORDS + 3);
    long calls = org.calls("composite") + org.calls("ingest_create");
    Outputs.awaitCommitted(second, out, Instant.now());
    assertEquals(calls, org.calls("composite") + org.calls("ingest_create"), "it goes on writing");
    endAsAsked(second);

    List<JsonNode> scored = Outputs.scored(out);
    assertEquals(2 * RECORDS + 3, scored.size());
    Map<String, JsonNode> latest =
        scored.stream()
            .collect(
                Collectors.toMap(
                    row -> row.path("id").asText(),
                    row -> row,
                    (one, other) -> other.path("Amount").asDouble() == 9.9e8 ? other : one));
    latest.remove(ids.get(7));
    latest.forEach(
        (id, row) -> assertEquals(row.path("score").asDouble(), written(id).asDouble(), 5.1e-7));
    List<JsonNode> errors = Outputs.errors(out);
    assertEquals(1, errors.size());
    assertEquals(ids.get(7), errors.get(0).path("id").asText());
    assertEquals("write back", errors.get(0).path("stage").asText());
  }

  private static Set<String> previewed(Path out) throws IOException {
    Set<String> ids = new TreeSet<>();
    if (Files.exists(out)) {
      Outputs.rows(out, "preview-*.jsonl").forEach(row -> ids.add(row.path("id").asText()));
    }
    return ids;
  }

  private static int scored(Path out) throws IOException {
    return Files.exists(out) ? Outputs.scored(out).size() : 0;
  }

  private JsonNode written(String id) {
    return org.records("Anomaly_Score__c").get(id).path("Anomaly_Score__c");
  }

  private Forked follow(Path out, String... options) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--source=salesforce",
                "--salesforceUrl=" + org.url(),
                "--salesforceCredentials=" + org.secretFile(),
                "--expansionService=" + RunningService.address(),
                "--follow",
                "--since=2020-01-01",
                "--lag=1s",
                "--pollInterval=1s",
                "--commitEvery=1s",
                "--output=" + out));
    all.addAll(List.of(options));
    Forked run = Forked.main(folder, all.toArray(String[]::new));
    runs.add(run);
    return run;
  }

  private static void endAsAsked(Forked run) throws Exception {
    run.terminate();
    assertEquals(0, run.exitCode(), run.err());
  }
}
