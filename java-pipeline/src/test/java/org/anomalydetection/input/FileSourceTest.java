package org.anomalydetection.input;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.parquet.ParquetOf;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.Source;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.Sum;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FileSourceTest {
  @TempDir Path folder;

  @Test
  void shouldReadAllFilesOfAPattern() throws IOException {
    write("b.csv", "Opportunity ID,Amount\n3,30\n4,much\n");
    write("a.csv", "Id,Amount\n1,10\n2\n");
    write("c.csv", "Id,Amount\n");
    write("a.txt", "not looked at");
    Files.createDirectories(folder.resolve("deeper"));
    write("deeper/d.csv", "not looked at");
    Source source = source("?.csv");
    assertEquals(3, source.files());
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(source.read());
    PAssert.that(
            read.rows()
                .apply(MapElements.into(TypeDescriptors.strings()).via(row -> row.getString("Id"))))
        .containsInAnyOrder("1", "3");
    PAssert.that(
            read.errors()
                .apply(
                    MapElements.into(TypeDescriptors.strings())
                        .via(row -> row.getString("source") + ":" + row.getInt64("row"))))
        .containsInAnyOrder(folder.resolve("a.csv") + ":2", folder.resolve("b.csv") + ":2");
    PAssert.thatSingleton(read.count().apply(Sum.longsGlobally())).isEqualTo(4L);
    PAssert.thatSingleton(read.begun().apply(Count.globally())).isEqualTo(3L);
    pipeline.run().waitUntilFinish();
  }

  static Stream<JsonNode> golden() throws IOException {
    return StreamSupport.stream(
        new ObjectMapper().readTree(Project.text("contract/golden/files.json")).spliterator(),
        false);
  }

  @ParameterizedTest
  @MethodSource("golden")
  void shouldFindTheFilesThatPythonFinds(JsonNode golden) throws IOException {
    for (Map.Entry<String, JsonNode> file : golden.get("files").properties()) {
      Files.createDirectories(folder.resolve(file.getKey()).getParent());
      write(file.getKey(), file.getValue().asText());
    }
    for (Map.Entry<String, JsonNode> link : golden.path("links").properties()) {
      Path from = folder.resolve(link.getKey());
      Files.createDirectories(from.getParent());
      Files.createSymbolicLink(from, Path.of(link.getValue().asText()));
    }
    String pattern = golden.get("input").asText();
    if (golden.has("error")) {
      String error = golden.get("error").asText().replace("{folder}", folder.toString());
      assertEquals("input " + error, refused(pattern));
    } else {
      List<String> found = new ArrayList<>();
      golden.get("found").forEach(name -> found.add(folder.resolve(name.asText()).toString()));
      assertEquals(found, InputFiles.match(folder + "/" + pattern, "input"));
      assertEquals(found.size(), source(pattern).files());
    }
  }

  @Test
  void shouldNameTheFileThatCannotBeRead() throws IOException {
    write("a.csv", "Id,Amount\n");
    write("b.csv", "");
    assertThat(refused("*.csv"), containsString("b.csv: expected a header"));
  }

  @Test
  void shouldRefuseFormatsTogether() throws IOException {
    write("a.csv", "Id\n1\n");
    ParquetOf.rows(folder.resolve("b.parquet"), "required binary Id (STRING);");
    assertThat(
        refused("*"),
        containsString(
            String.format(
                "expected files of one format, found %s and %s",
                folder.resolve("a.csv"), folder.resolve("b.parquet"))));
  }

  @Test
  void shouldCompareColumnsOfParquetFiles() throws IOException {
    ParquetOf.rows(
        folder.resolve("a.parquet"), "required binary Id (STRING); optional int32 Amount;");
    ParquetOf.rows(
        folder.resolve("b.parquet"), "required binary Id (STRING); optional double Amount;");
    Source source = source("*.parquet");
    assertEquals(2, source.files());
    assertEquals(List.of("Id", "Amount"), source.columns().names());
    ParquetOf.rows(folder.resolve("c.parquet"), "required binary Id (STRING);");
    assertThat(refused("*.parquet"), endsWith("Id, Amount, found no Amount"));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private Source source(String pattern) {
    return FileSource.of(folder + "/" + pattern, "Id", ContractSchema.inputKinds());
  }

  private String refused(String pattern) {
    return assertThrows(InputException.class, () -> source(pattern)).getMessage();
  }
}
