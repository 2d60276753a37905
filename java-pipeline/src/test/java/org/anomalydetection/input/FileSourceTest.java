package org.anomalydetection.input;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  @Test
  void shouldTakeAFileWhoseNameIsLikeAPattern() throws IOException {
    write("x[1].csv", "Id\n1\n");
    write("x1.csv", "Other\n1\n");
    assertEquals(1, source("x[1].csv").files());
  }

  @Test
  void shouldLookIntoFoldersOfAPattern() throws IOException {
    Files.createDirectories(folder.resolve("day=1"));
    Files.createDirectories(folder.resolve("day=2"));
    write("day=1/a.csv", "Id\n1\n");
    write("day=2/a.csv", "Id\n2\n");
    assertEquals(2, source("day=*/a.csv").files());
  }

  @Test
  void shouldNameTheFileWithOtherColumns() throws IOException {
    write("a.csv", "Id,Amount,Name\n");
    write("b.csv", "Id,Amount,Name\n");
    write("c.csv", "Id,Name,Owner\n");
    assertThat(
        refused("*.csv"),
        endsWith(
            "c.csv: expected the columns of "
                + folder.resolve("a.csv")
                + ", Id, Amount, Name, found no Amount, and also Owner"));
    write("c.csv", "Id,Name,Amount\n");
    assertThat(refused("*.csv"), endsWith("found them in another order: Id, Name, Amount"));
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
  void shouldSayThatAPatternStandsForNoFile() {
    assertThat(refused("*.csv"), endsWith("*.csv: expected files, found none"));
    assertThat(refused("none/*.csv"), endsWith("*.csv: expected files, found none"));
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
