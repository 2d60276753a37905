package org.anomalydetection.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteJsonLinesTest {
  private static final Schema TEXT = Schema.builder().addStringField("x").build();

  @TempDir Path folder;

  @Test
  void shouldWriteLinesOfAnyLength() throws IOException {
    List<Row> rows = new ArrayList<>();
    TreeSet<String> expected = new TreeSet<>();
    for (int length = 0; length < 1_000_000; length = 3 * length + 1) {
      String text = "\u00e9".repeat(length);
      rows.add(Row.withSchema(TEXT).addValue(text).build());
      expected.add("{\"x\":\"" + text + "\"}");
    }
    assertEquals(expected, new TreeSet<>(written(rows)));
  }

  @Test
  void shouldWriteAFileWithoutRows() throws IOException {
    assertEquals(List.of(), written(List.of()));
  }

  private List<String> written(List<Row> rows) throws IOException {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(rows).withRowSchema(TEXT))
        .apply(WriteJsonLines.to(folder.resolve("part").toString()));
    pipeline.run().waitUntilFinish();
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found = files.sorted().toList();
      for (int i = 0; i < found.size(); i++) {
        assertEquals(
            String.format("part-%05d-of-%05d.jsonl", i, found.size()),
            found.get(i).getFileName().toString());
        lines.addAll(Files.readAllLines(found.get(i)));
      }
      assertFalse(found.isEmpty());
    }
    return lines;
  }
}
