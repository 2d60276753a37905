package org.anomalydetection.csv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.output.RowFormat;
import org.anomalydetection.output.WriteRows;
import org.anomalydetection.output.WriteSummary;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that is read in many bundles, on the runner that a run starts. */
@Tag("slow")
class ReadOnPrismTest {
  private static final int RECORDS = 20_000;

  @TempDir Path folder;

  @Test
  void shouldWriteEveryRowOnceWhenItIsReadInManyBundles() throws IOException {
    CsvFile file =
        CsvFile.of(
            folder,
            IntStream.range(0, RECORDS)
                .mapToObj(i -> i % 100 == 7 ? ",no id\n" : i + ",\"" + i + "\nlines\"\r\n")
                .collect(Collectors.joining("", "Id,Name\n", "")));
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(PortableRunner.class);
    Engine.Settings settings =
        new Engine.Settings(
            Optional.empty(), Optional.of("none:1"), Executables.prism(), Optional.empty());
    try (Engine engine = Engine.start(settings, options)) {
      engine.requireAlive();
      Pipeline pipeline = Pipeline.create(options);
      ReadResult read =
          pipeline.apply(ReadCsv.from(file.path(), file.columns("Id")).withRecordsAtOnce(500));
      String out = folder.resolve("out").toString();
      read.rows().apply("Rows", WriteRows.to(out, "rows", RowFormat.JSONL));
      read.errors().apply("Errors", WriteRows.to(out, "errors", RowFormat.JSONL));
      read.count()
          .apply(MapElements.into(TypeDescriptors.strings()).via(count -> count.toString()))
          .apply(WriteSummary.to(out + "/count"));
      assertEquals(PipelineResult.State.DONE, pipeline.run().waitUntilFinish());
    }
    List<String> rows = written("rows");
    assertEquals(RECORDS - RECORDS / 100, rows.size());
    assertEquals(rows.size(), new TreeSet<>(rows).size());
    assertEquals(RECORDS / 100, written("errors").size());
    assertEquals(List.of(Integer.toString(RECORDS)), written("count"));
    assertTrue(files("rows").size() > 1);
  }

  private List<String> written(String kind) throws IOException {
    return files(kind).stream().flatMap(ReadOnPrismTest::lines).toList();
  }

  private List<Path> files(String kind) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      return files.filter(file -> file.getFileName().toString().startsWith(kind)).toList();
    }
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
