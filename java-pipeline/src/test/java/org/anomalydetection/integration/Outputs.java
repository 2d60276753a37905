package org.anomalydetection.integration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a run wrote. */
public final class Outputs {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** How long a busy machine may take for what takes seconds. */
  static final Duration LIMIT = Duration.ofMinutes(3);

  private Outputs() {}

  /** Returns the scored rows of a folder. */
  public static List<JsonNode> scored(Path folder) throws IOException {
    return rows(folder, "scored-*.jsonl");
  }

  /** Returns the errors of a folder. */
  public static List<JsonNode> errors(Path folder) throws IOException {
    return rows(folder, "errors-*.jsonl");
  }

  /** Waits until a run that follows into a folder has committed all up to a time. */
  static void awaitCommitted(Forked run, Path folder, Instant time) throws Exception {
    Path position = folder.resolve("position.json");
    run.await(
        LIMIT,
        "all up to " + time + " is committed",
        () ->
            Files.exists(position)
                && Instant.parse(MAPPER.readTree(position.toFile()).path("position").asText())
                    .isAfter(time));
  }

  /** Returns the rows of the files whose names match a pattern. */
  static List<JsonNode> rows(Path folder, String pattern) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, pattern)) {
      for (Path file : files) {
        for (String line : Files.readAllLines(file)) {
          rows.add(MAPPER.readTree(line));
        }
      }
    }
    return rows;
  }
}
