package org.anomalydetection.integration;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a run wrote. */
public final class Outputs {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Outputs() {}

  /** Returns the scored rows of a folder. */
  public static List<JsonNode> scored(Path folder) throws IOException {
    return rows(folder, "scored-*.jsonl");
  }

  /** Returns the errors of a folder. */
  public static List<JsonNode> errors(Path folder) throws IOException {
    return rows(folder, "errors-*.jsonl");
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
