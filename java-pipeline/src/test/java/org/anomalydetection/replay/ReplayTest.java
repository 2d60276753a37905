package org.anomalydetection.replay;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.output.RowFormat;
import org.anomalydetection.output.WriteRows;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.Source;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.ListCoder;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayTest {
  private static final Map<String, CellKind> KINDS =
      Map.of("Amount", CellKind.DOUBLE, "IsWon", CellKind.BOOLEAN, "CloseDate", CellKind.DATE);

  private static final List<String> ELEMENTS =
      List.of(
          "{\"Id\":\"1\",\"Amount\":\"10\",\"CloseDate\":\"1/31/24\",\"Note\":\"two\\n"
              + "lines, é\",\"IsWon\":null}",
          "{\"Id\":2,\"Amount\":1.25e3,\"Note\":null,\"IsWon\":true}",
          "[\"3\",\"0.5\",\"\",\"list\",\"false\"]",
          "[\"4\",\"too few\"]",
          "{\"Id\":\"5\",\"Amount\":\"ten\"}",
          "{\"Id\":\"6\",\"Note\":{\"base64\":\"Y2Fm6Q==\"}}",
          "{\"Amount\":7}",
          "{\"Id\":\"8\",\"Amount\":\"1e999\"}",
          "half of {");

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(RowFormat.class)
  void shouldTurnEveryElementIntoARowOrAnErrorOnceMore(RowFormat format) throws IOException {
    Path file = write(format, ELEMENTS);
    Source source = Replay.source(file.toString(), "Id", KINDS, KINDS.keySet());
    assertEquals(List.of("Id", "Amount", "CloseDate", "Note", "IsWon"), source.columns().names());
    Schema schema = source.columns().schema();
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(source.read());
    PAssert.that(read.rows())
        .containsInAnyOrder(
            Row.withSchema(schema)
                .addValues("1", 10.0, "2024-01-31", "two\nlines, é", null)
                .build(),
            Row.withSchema(schema).addValues("2", 1250.0, null, null, true).build(),
            Row.withSchema(schema).addValues("3", 0.5, null, "list", false).build());
    PAssert.that(
            read.errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(error -> error.getInt64("row") + " " + error.getString("error"))))
        .containsInAnyOrder(
            "4 expected 5 cells, found 2 cells",
            "5 Amount: expected a finite number, found ten",
            "6 Note: expected UTF-8 text, found caf\\xe9",
            "7 Id: expected an id, found nothing",
            "8 Amount: expected a finite number, found 1e999",
            "9 expected a row of errors whose element is a JSON object or list, found half of {");
    PAssert.thatSingleton(read.count()).isEqualTo(9L);
    pipeline.run().waitUntilFinish();
  }

  /** What cannot be mended stays as it was, so that it can be mended later. */
  @Test
  void shouldKeepElementsThatAreInErrorOnceMore() throws IOException {
    List<String> elements = new ArrayList<>(ELEMENTS.subList(3, 7));
    elements.set(3, "{\"Id\":null,\"Amount\":\"7\",\"Note\":null}");
    Path file = write(RowFormat.JSONL, elements);
    Source source = Replay.source(file.toString(), "Id", KINDS, KINDS.keySet());
    Pipeline pipeline = Pipeline.create();
    PAssert.that(
            pipeline
                .apply(source.read())
                .errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(error -> error.getString("source") + error.getString("element"))))
        .containsInAnyOrder(
            file + "[\"4\",\"too few\"]",
            file + "{\"Id\":\"5\",\"Amount\":\"ten\",\"Note\":null}",
            file + "{\"Id\":\"6\",\"Amount\":null,\"Note\":{\"base64\":\"Y2Fm6Q==\"}}",
            file + "{\"Id\":null,\"Amount\":\"7\",\"Note\":null}");
    pipeline.run().waitUntilFinish();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"Amount\":1,\"Id\":\"1\"}",
        "{\"Id\":\"1\",\"Note\":\"x\"}",
      })
  void shouldNotGuessWhichColumnsTheCellsOfAListAreOf(String other) throws IOException {
    Path file =
        write(RowFormat.JSONL, List.of("[\"2\",\"5\"]", "{\"Id\":\"3\",\"Amount\":1}", other));
    Source source = Replay.source(file.toString(), "Id", KINDS, KINDS.keySet());
    Pipeline pipeline = Pipeline.create();
    PAssert.that(
            pipeline
                .apply(source.read())
                .errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(error -> error.getString("error") + error.getString("element"))))
        .containsInAnyOrder(
            "expected an object, since no other element of its file has all columns, or some have"
                + " another order: the cells of a list have no names, found"
                + " [\"2\",\"5\"][\"2\",\"5\"]");
    pipeline.run().waitUntilFinish();
  }

  @Test
  void shouldReadAListAsTheObjectsOfItsOwnFile() throws IOException {
    String list = "{\"element\":[\"2\",\"5\"]}\n";
    Files.writeString(
        folder.resolve("a.jsonl"), "{\"element\":{\"Id\":\"1\",\"Amount\":4}}\n" + list);
    Files.writeString(
        folder.resolve("b.jsonl"), "{\"element\":{\"Amount\":6,\"Id\":\"3\"}}\n" + list);
    Files.writeString(folder.resolve("c.jsonl"), list);
    Source source =
        Replay.source(folder.resolve("*.jsonl").toString(), "Id", KINDS, KINDS.keySet());
    Schema schema = source.columns().schema();
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(source.read());
    PAssert.that(read.rows())
        .containsInAnyOrder(
            Row.withSchema(schema).addValues("1", 4.0).build(),
            Row.withSchema(schema).addValues("2", 5.0).build(),
            Row.withSchema(schema).addValues("3", 6.0).build(),
            Row.withSchema(schema).addValues("5", 2.0).build());
    PAssert.that(
            read.errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(error -> error.getString("source"))))
        .containsInAnyOrder(folder.resolve("c.jsonl").toString());
    pipeline.run().waitUntilFinish();
  }

  /** Else they would be scored with everything else missing, in place of their right scores. */
  @ParameterizedTest
  @EnumSource(RowFormat.class)
  void shouldNotScoreAgainWithAFewColumnsWhatCouldNotBeWrittenElsewhere(RowFormat format)
      throws IOException {
    String kept = "{\"Id\":\"2\",\"Amount\":2.0}";
    Path file =
        write(
            format,
            errors("read", "{\"Id\":\"1\",\"Amount\":\"1\",\"IsWon\":null,\"Note\":\"x\"}"),
            errors("write back", kept, "{\"Id\":\"3\",\"Amount\":3.0,\"IsWon\":null}"),
            errors("write table", kept),
            errors("read", "{\"Id\":\"4\",\"Amount\":\"4\"}"));
    Source source = Replay.source(file.toString(), "Id", KINDS, KINDS.keySet());
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(source.read());
    PAssert.that(
            read.rows()
                .apply(MapElements.into(TypeDescriptors.strings()).via(row -> row.getString("Id"))))
        .containsInAnyOrder("1", "3", "4");
    String found =
        "2: expected the whole row to score it again, which is scored already, found an element"
            + " without IsWon "
            + kept;
    PAssert.that(
            read.errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(
                            error ->
                                String.format(
                                    "%s %s: %s %s",
                                    error.getString("stage"),
                                    error.getString("id"),
                                    error.getString("error"),
                                    error.getString("element")))))
        .containsInAnyOrder("write back " + found, "write table " + found);
    PAssert.thatSingleton(read.count()).isEqualTo(5L);
    pipeline.run().waitUntilFinish();
  }

  @Test
  void shouldScoreWholeRowsOnlyAgainWhereTheModelIsNotKnownHere() throws IOException {
    Path file =
        write(
            RowFormat.JSONL,
            errors("read", "{\"Id\":\"1\",\"Crate\":\"x\"}"),
            errors("write back", "{\"Id\":\"2\"}"));
    Source source = Replay.source(file.toString(), "Id", KINDS, Set.of());
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(source.read());
    PAssert.that(
            read.errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(error -> error.getString("id"))))
        .containsInAnyOrder("2");
    pipeline.run().waitUntilFinish();
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s", "\"%s\""})
  void shouldKeepTheDigitsOfNumbersInColumnsOfTexts(String written) throws IOException {
    String element = "{\"Id\":20000000000000000001,\"Code\":1.10,\"Rate\":0.12345678901234567890}";
    String text = written.equals("%s") ? element : element.replace("\"", "\\\"");
    Files.writeString(
        folder.resolve("a.jsonl"), "{\"element\":" + String.format(written, text) + "}\n");
    Source source =
        Replay.source(folder.resolve("a.jsonl").toString(), "Id", KINDS, KINDS.keySet());
    Pipeline pipeline = Pipeline.create();
    PAssert.that(pipeline.apply(source.read()).rows())
        .containsInAnyOrder(
            Row.withSchema(source.columns().schema())
                .addValues("20000000000000000001", "1.10", "0.12345678901234567890")
                .build());
    pipeline.run().waitUntilFinish();
  }

  @Test
  void shouldSayThatListsAloneHaveNoNames() throws IOException {
    write(RowFormat.JSONL, List.of("[\"2\",\"5\"]"));
    assertRefused("errors.jsonl", "found the columns of none, as no element is an object (make");
  }

  @Test
  void shouldReadAllFilesOfAPatternAndLinesThatPeopleMended() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"element\":{\"Id\":\"1\"}}\n\n");
    Files.writeString(folder.resolve("b.csv"), "element,note\r\n\"{\"\"Id\"\":\"\"2\"\"}\",x\r\n");
    Files.writeString(folder.resolve("c.jsonl"), "{\"element\":null}\nnonsense\n[]\n");
    Source source = Replay.source(folder.resolve("?.*").toString(), "Id", KINDS, KINDS.keySet());
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(source.read());
    Schema schema = source.columns().schema();
    PAssert.that(read.rows())
        .containsInAnyOrder(
            Row.withSchema(schema).addValue("1").build(),
            Row.withSchema(schema).addValue("2").build());
    PAssert.that(
            read.errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(error -> error.getInt64("row") + " " + error.getString("found"))))
        .containsInAnyOrder("1 {\"element\":null}", "2 nonsense", "3 []");
    PAssert.that(read.count()).containsInAnyOrder(1L, 1L, 3L);
    pipeline.run().waitUntilFinish();
  }

  @Test
  void shouldSayThatThereAreNoFiles() {
    assertRefused("errors-*.jsonl", "errors-*.jsonl: expected files, found none");
    assertRefused("errors.jsonl", "errors.jsonl cannot be read: ");
    assertRefused("errors.csv", "errors.csv: expected a CSV file, found none");
    assertRefused("errors.parquet", "errors.parquet cannot be read: ");
  }

  @Test
  void shouldSayThatAStoreIsNotKnown() {
    InputException e =
        assertThrows(
            InputException.class,
            () -> Replay.source("nowhere://bucket/errors.jsonl", "Id", KINDS, KINDS.keySet()));
    assertThat(
        e.getMessage(), containsString("--replay: nowhere://bucket/errors.jsonl cannot be read"));
  }

  /** Else they would be found by other rules than those of the input. */
  @ParameterizedTest
  @ValueSource(strings = {"**", "{errors,more}.jsonl"})
  void shouldRefuseWildcardsThatTheInputKnowsNot(String pattern) throws IOException {
    write(RowFormat.JSONL, ELEMENTS);
    assertRefused(pattern, "expected no wildcards but *, ? and [\u2026], found ");
  }

  /** Else one worker would read them all. */
  @Test
  void shouldSpreadFilesOverWorkers() throws IOException {
    Files.writeString(folder.resolve("a.jsonl"), "{\"element\":{\"Id\":\"1\"}}\n");
    Files.writeString(folder.resolve("b.jsonl"), "{\"element\":{\"Id\":\"2\"}}\n");
    Pipeline pipeline = Pipeline.create();
    pipeline.apply(
        "Read",
        Replay.source(folder.resolve("*.jsonl").toString(), "Id", KINDS, KINDS.keySet()).read());
    List<String> steps = new ArrayList<>();
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public CompositeBehavior enterCompositeTransform(TransformHierarchy.Node node) {
            steps.add(node.getFullName());
            return CompositeBehavior.ENTER_TRANSFORM;
          }
        });
    assertThat(steps, hasItem("Read/Paths/ToWorkers"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"e.jsonl", "e.csv", "e.parquet"})
  void shouldRefuseWhatIsNoFileOfErrors(String name) throws IOException {
    Files.writeString(folder.resolve(name), "Id,Amount\n1,2\n");
    assertRefused(name, "--replay: ");
  }

  @Test
  void shouldRefuseOtherBytesThanText() throws IOException {
    Files.write(folder.resolve("e.jsonl"), new byte[] {'{', '}', '\n', (byte) 0xff, '\n'});
    assertRefused("e.jsonl", "expected UTF-8 text, found other bytes behind line");
  }

  @Test
  void shouldSayThatNoElementHasTheId() throws IOException {
    write(RowFormat.JSONL, List.of("{\"Name\":\"x\",\"Amount\":1}"));
    assertRefused("errors.jsonl", "with the id column Id, found the columns Name, Amount");
  }

  private void assertRefused(String pattern, String message) {
    InputException e =
        assertThrows(
            InputException.class,
            () -> Replay.source(folder.resolve(pattern).toString(), "Id", KINDS, KINDS.keySet()));
    assertThat(e.getMessage(), containsString(message));
    assertThat(e.getMessage(), containsString(pattern));
  }

  /** Writes errors as a run does, in one file. */
  private Path write(RowFormat format, List<String> elements) throws IOException {
    return write(format, errors("read", elements.toArray(String[]::new)));
  }

  private static Stream<Row> errors(String stage, String... elements) {
    return Stream.of(elements)
        .map(
            element ->
                Row.withSchema(ContractSchema.ERRORS)
                    .withFieldValue("error", "wrong")
                    .withFieldValue("stage", stage)
                    .withFieldValue("element", element)
                    .build());
  }

  @SafeVarargs
  private Path write(RowFormat format, Stream<Row>... parts) throws IOException {
    List<Row> errors = Stream.of(parts).flatMap(part -> part).toList();
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(
            Create.of(List.of(errors)).withCoder(ListCoder.of(RowCoder.of(ContractSchema.ERRORS))))
        .apply(Flatten.iterables())
        .setRowSchema(ContractSchema.ERRORS)
        .apply(WriteRows.to(folder.toString(), "part", format));
    pipeline.run().waitUntilFinish();
    Path file = folder.resolve("errors." + format.extension());
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "part-*")) {
      for (Path part : files) {
        Files.move(part, file);
      }
    }
    return file;
  }
}
