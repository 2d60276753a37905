package org.anomalydetection.output;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteJsonLinesTest {
  private static final Schema TEXT = Schema.builder().addStringField("x").build();

  @TempDir Path folder;

  @Test
  void shouldWriteLinesOfAnyLengthAndNameTheFiles() throws IOException {
    List<Row> rows = new ArrayList<>();
    TreeSet<String> expected = new TreeSet<>();
    for (int length = 0; length < 1_000_000; length = 3 * length + 1) {
      String text = "\u00e9".repeat(length);
      rows.add(Row.withSchema(TEXT).addValue(text).build());
      expected.add("{\"x\":\"" + text + "\"}");
    }
    TreeSet<String> lines = new TreeSet<>();
    TreeSet<String> files = new TreeSet<>();
    for (Path file : write(rows)) {
      List<String> found = Files.readAllLines(file);
      lines.addAll(found);
      files.add(found.size() + " in " + file.getFileName());
    }
    assertEquals(expected, lines);
    assertEquals(files, new TreeSet<>(Files.readAllLines(folder.resolve("summary"))));
  }

  @Test
  void shouldWriteNoFileWithoutRows() throws IOException {
    assertEquals(List.of(), write(List.of()));
  }

  private List<Path> write(List<Row> rows) throws IOException {
    Pipeline pipeline = Pipeline.create();
    PCollection<Written> written =
        pipeline
            .apply(Create.of(rows).withRowSchema(TEXT))
            .apply(WriteJsonLines.to(folder.toString(), "part"));
    written
        .apply(
            MapElements.into(TypeDescriptors.strings())
                .via(file -> file.rows() + " in " + file.file()))
        .apply(WriteSummary.to(folder.resolve("summary").toString()));
    pipeline.run().waitUntilFinish();
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith("part-")).toList();
    }
  }
}
