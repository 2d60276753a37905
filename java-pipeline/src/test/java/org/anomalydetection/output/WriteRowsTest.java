package org.anomalydetection.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.anomalydetection.files.MemoryStore;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteRowsTest {
  private static final Schema TEXT = Schema.builder().addStringField("x").build();

  @TempDir Path folder;

  @Test
  void shouldCloseAllThatABundleThatFailedLeftOpen() throws IOException {
    MemoryStore.clear();
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    WriteRows.WriteFn write =
        new WriteRows.WriteFn(RowFormat.JSONL, "memory://bucket/out", "scored", TEXT);
    write.startBundle();
    for (int i = 0; i < 3; i++) {
      write.process(row("x"), new IntervalWindow(Instant.ofEpochMilli(i), Instant.ofEpochMilli(9)));
    }
    MemoryStore.failToClose();
    assertThrows(IOException.class, write::abandon);
    assertEquals(2, MemoryStore.paths("memory://bucket/out/scored-").size());
    write.abandon();
  }

  @Test
  void shouldWriteLinesOfAnyLengthAndNameTheFiles() throws IOException {
    List<Row> rows = new ArrayList<>();
    TreeSet<String> expected = new TreeSet<>();
    for (int length = 0; length < 1_000_000; length = 3 * length + 1) {
      String text = "\u00e9".repeat(length);
      rows.add(row(text));
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

  @Test
  void shouldWriteAFileForEachWindowAndGiveItThere() throws IOException {
    List<TimestampedValue<Row>> rows = new ArrayList<>();
    int windows = WriteRows.MOST_OPEN + 10;
    for (int i = 0; i < 3 * windows; i++) {
      long minute = i % windows;
      rows.add(TimestampedValue.of(row("in " + minute), Instant.ofEpochMilli(60_000 * minute + i)));
    }
    Pipeline pipeline = Pipeline.create();
    PCollection<KV<String, Written>> written =
        pipeline
            .apply(Create.timestamped(rows).withCoder(RowCoder.of(TEXT)))
            .setRowSchema(TEXT)
            .apply(Window.into(FixedWindows.of(Duration.standardMinutes(1))))
            .apply(WriteRows.to(folder.toString(), "part", RowFormat.JSONL))
            .apply("InItsWindow", ParDo.of(new WindowOf()));
    written
        .apply(Window.into(new GlobalWindows()))
        .apply(
            MapElements.into(TypeDescriptors.strings())
                .via(
                    file ->
                        String.join(
                            " ",
                            file.getKey(),
                            file.getValue().file(),
                            Long.toString(file.getValue().rows()))))
        .apply(WriteSummary.to(folder.resolve("summary").toString()));
    pipeline.run().waitUntilFinish();
    Map<String, Integer> found = new TreeMap<>();
    for (String line : Files.readAllLines(folder.resolve("summary"))) {
      String[] words = line.split(" ", -1);
      List<String> lines = Files.readAllLines(folder.resolve(words[1]));
      assertEquals(Integer.parseInt(words[2]), lines.size());
      assertEquals(Set.of("{\"x\":\"in " + words[0] + "\"}"), Set.copyOf(lines));
      found.merge(words[0], lines.size(), Integer::sum);
    }
    assertEquals(windows, found.size());
    assertEquals(Set.of(3), Set.copyOf(found.values()));
  }

  /** Puts before a file the minute of its window, if it has the window's last time. */
  private static final class WindowOf extends DoFn<Written, KV<String, Written>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element Written file,
        @Timestamp Instant time,
        BoundedWindow window,
        OutputReceiver<KV<String, Written>> out) {
      assertEquals(window.maxTimestamp(), time);
      out.output(KV.of(Long.toString(time.getMillis() / 60_000), file));
    }
  }

  private static Row row(String text) {
    return Row.withSchema(TEXT).addValue(text).build();
  }

  private List<Path> write(List<Row> rows) throws IOException {
    Pipeline pipeline = Pipeline.create();
    PCollection<Written> written =
        pipeline
            .apply(Create.of(rows).withRowSchema(TEXT))
            .apply(WriteRows.to(folder.toString(), "part", RowFormat.JSONL));
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
