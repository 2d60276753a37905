package org.anomalydetection.integration;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.anomalydetection.Project;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.salesforce.SalesforceServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another model that is stored while an org is followed. */
class ModelChangeTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final List<String> FILES =
      List.of("encoder.pth", "anomaly_detection.model", "model.params");
  private static final Path SHIPPED = Project.file("pretrained");

  @TempDir Path folder;

  @Test
  void shouldScoreWindowsByTheModelThatWasStoredBeforeThem() throws Exception {
    Path out = folder.resolve("out");
    Path model = folder.resolve("model");
    Path other = folder.resolve("other");
    store(SHIPPED, model);
    try (SalesforceServer org = SalesforceServer.start()) {
      Forked run =
          Forked.main(
              folder,
              "--source=salesforce",
              "--salesforceUrl=" + org.url(),
              "--salesforceCredentials=" + org.secretFile(),
              "--since=2025-01-01",
              "--follow",
              "--lag=1s",
              "--pollInterval=1s",
              "--commitEvery=1s",
              "--model=" + model,
              "--output=" + out);
      try {
        train(other);
        Outputs.awaitCommitted(run, out, Instant.now());
        List<String> before = org.change("POST", Map.of("count", 3));
        Outputs.awaitCommitted(run, out, Instant.now());
        store(other, model);
        // Windows are whole seconds: the one that begins next is scored by the other model.
        Thread.sleep(1100);
        List<String> after = org.change("POST", Map.of("count", 3));
        Outputs.awaitCommitted(run, out, Instant.now());
        run.await(
            Outputs.LIMIT,
            "the run tells of the new model",
            () -> run.err().contains("a new model scores the windows"));
        run.terminate();
        assertEquals(0, run.exitCode(), run.err());
        assertThat(run.err(), containsString("begin since it was stored: " + id(other)));

        Map<String, String> models =
            Outputs.scored(out).stream()
                .collect(
                    Collectors.toMap(
                        row -> row.path("id").asText(),
                        (JsonNode row) -> row.path("model_id").asText(),
                        (one, two) -> one));
        String first = id(SHIPPED);
        String second = id(other);
        assertNotEquals(first, second);
        before.forEach(id -> assertEquals(first, models.get(id), id));
        after.forEach(id -> assertEquals(second, models.get(id), id));
        assertEquals(Set.of(first, second), Set.copyOf(models.values()));
      } finally {
        run.kill();
      }
    }
  }

  private void train(Path other) throws Exception {
    Path rows = folder.resolve("rows.csv");
    command("generate", "--rows=150", "--seed=3", "--output=" + rows);
    command("train", rows.toString(), "--id-column=Id", "--output=" + other);
  }

  private void command(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(Executables.python().orElseThrow()));
    command.addAll(List.of(arguments));
    Forked python = Forked.command(folder, command);
    assertEquals(0, python.exitCode(), python.err());
  }

  private static void store(Path model, Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String name : FILES) {
      Files.copy(model.resolve(name), folder.resolve(name), REPLACE_EXISTING);
    }
  }

  private static String id(Path model) throws IOException {
    return MAPPER.readTree(model.resolve("model.params").toFile()).path("model_id").asText();
  }
}
