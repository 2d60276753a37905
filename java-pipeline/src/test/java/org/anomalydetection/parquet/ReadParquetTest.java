package org.anomalydetection.parquet;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.csv.RowParser;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.Sum;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadParquetTest {
  private static final String ID = "required binary Id (STRING); ";
  private static final String AMOUNT = "optional double Amount;";
  private static final int ROWS = 500;

  @TempDir Path folder;

  static Stream<Arguments> values() {
    return Stream.of(
        value("binary v (STRING)", g -> g.add("v", "Zo\u00eb"), "Zo\u00eb"),
        value("binary v (ENUM)", g -> g.add("v", "Open"), "Open"),
        value("binary v", g -> g.add("v", "plain"), "plain"),
        value("binary v (STRING)", g -> g.add("v", ""), null),
        value("binary v (STRING)", g -> {}, null),
        value("double v", g -> g.add("v", 1234.5), "1234.5"),
        value("double v", g -> g.add("v", 12_500_000.0), "12500000.0"),
        value("double v", g -> g.add("v", 1e300), "1.0E300"),
        value("float v", g -> g.add("v", 0.1f), "0.1"),
        value("int32 v", g -> g.add("v", -7), "-7"),
        value("int32 v (INTEGER(32,false))", g -> g.add("v", -1), "4294967295"),
        value("int64 v", g -> g.add("v", Long.MIN_VALUE), "-9223372036854775808"),
        value("boolean v", g -> g.add("v", true), "true"),
        value("int32 v (DATE)", g -> g.add("v", 19753), "2024-01-31"),
        value("int32 v (DECIMAL(9,2))", g -> g.add("v", -1234567), "-12345.67"),
        value("int64 v (DECIMAL(18,4))", g -> g.add("v", 5L), "0.0005"),
        value(
            "fixed_len_byte_array(3) v (DECIMAL(5,1))",
            g -> g.add("v", Binary.fromConstantByteArray(new byte[] {0, 1, 4})),
            "26.0"),
        value(
            "int64 v (TIMESTAMP(MICROS,true))",
            g -> g.add("v", 1_706_697_296_789_000L),
            "2024-01-31T10:34:56.789000+0000"),
        value(
            "int64 v (TIMESTAMP(NANOS,false))",
            g -> g.add("v", 1_706_697_296_000_000_001L),
            "2024-01-31T10:34:56.000000001"),
        value(
            "int64 v (TIMESTAMP(MILLIS,false))", g -> g.add("v", 1_706_659_200_000L), "2024-01-31"),
        value("int96 v", g -> g.add("v", int96(2_460_341, 0)), "2024-01-31"),
        value(
            "int96 v",
            g -> g.add("v", int96(2_460_341, 38_096_000_000_000L)),
            "2024-01-31T10:34:56"),
        value("int32 v (TIME(MILLIS,false))", g -> g.add("v", 38_096_000), "10:34:56.000"));
  }

  private static Arguments value(String column, Consumer<Group> filler, String text) {
    return Arguments.of(column, filler, text);
  }

  private static Binary int96(int day, long nanos) {
    return Binary.fromConstantByteArray(
        ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(nanos).putInt(day).array());
  }

  /** Twice, with and without a dictionary. */
  @ParameterizedTest
  @MethodSource("values")
  void shouldReadValuesAsTheTextThatACsvHasForThem(
      String column, Consumer<Group> filler, String text) throws IOException {
    for (int count : new int[] {1, 40}) {
      Consumer<Group> row = filler.andThen(group -> group.add("Id", "a"));
      Path file =
          ParquetOf.rows(
              folder.resolve("v.parquet"),
              ID + "optional " + column + ";",
              1 << 20,
              Collections.nCopies(count, row));
      for (Row read : rows(ParquetFile.read(file.toString(), "Id", Map.of()))) {
        assertEquals(Arrays.asList("a", text), read.getValues());
      }
      Files.delete(file);
    }
  }

  @Test
  void shouldTypeColumnsAsTheContractDoesAndReportBadCells() throws IOException {
    Path file =
        ParquetOf.rows(
            folder.resolve("t.parquet"),
            "optional binary Id (STRING); optional double Amount;"
                + " optional int32 IsWon; optional binary CloseDate (STRING);",
            g -> g.append("Id", "a").append("Amount", 2.5).append("IsWon", 1),
            g -> g.append("Id", "b").append("Amount", Double.NaN),
            g -> g.append("Amount", 1.0),
            g -> g.append("Id", "d").append("CloseDate", "soon"),
            g -> g.add("Id", Binary.fromConstantByteArray(new byte[] {'e', -1})));
    List<Row> errors = new ArrayList<>();
    List<Row> rows = rows(parquet(file), errors);
    assertEquals(1, rows.size());
    assertEquals(Arrays.asList("a", 2.5, true, null), rows.get(0).getValues());
    assertEquals(
        List.of(
            "2 Amount: expected a finite number, found NaN",
            "3 Id: expected an id, found nothing",
            "4 CloseDate: expected a date such as 2024-01-31 or 1/31/24, found soon",
            "5 Id: expected UTF-8 text, found e\\xff"),
        errors.stream().map(row -> row.getInt64("row") + " " + row.getString("error")).toList());
    assertEquals(file.toString(), errors.get(0).getString("source"));
    assertEquals(
        "{\"Id\":\"b\",\"Amount\":\"NaN\",\"IsWon\":null,\"CloseDate\":null}",
        errors.get(0).getString("element"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 100, 1 << 15})
  void shouldReadEveryRowOnceWhereverABundleEnds(long recordsAtOnce) throws IOException {
    ParquetFile file = many();
    assertThat(file.groups().size(), greaterThan(2));
    ParquetFile other = parquet(ParquetOf.rows(folder.resolve("none.parquet"), ID + AMOUNT));
    Pipeline pipeline = Pipeline.create();
    ReadResult read =
        pipeline.apply(
            ReadParquet.from(List.of(file, other), file.columns())
                .withRecordsAtOnce(recordsAtOnce));
    PAssert.that(
            read.rows()
                .apply(MapElements.into(TypeDescriptors.strings()).via(row -> row.getString("Id"))))
        .containsInAnyOrder(
            Stream.iterate(0, i -> i + 1)
                .limit(ROWS)
                .filter(i -> i % 100 != 7)
                .map(Object::toString)
                .toList());
    PAssert.that(
            read.errors()
                .apply(
                    MapElements.into(TypeDescriptors.longs()).via(error -> error.getInt64("row"))))
        .containsInAnyOrder(8L, 108L, 208L, 308L, 408L);
    PAssert.thatSingleton(read.count().apply(Sum.longsGlobally())).isEqualTo((long) ROWS);
    PAssert.thatSingleton(read.begun().apply(Count.globally()))
        .isEqualTo((long) file.groups().size());
    pipeline.run().waitUntilFinish();
  }

  @Test
  void shouldReadAFileWithoutRows() throws IOException {
    ParquetFile file = parquet(ParquetOf.rows(folder.resolve("none.parquet"), ID + AMOUNT));
    Pipeline pipeline = Pipeline.create();
    ReadResult read = pipeline.apply(ReadParquet.from(List.of(file), file.columns()));
    PAssert.that(read.rows()).empty();
    PAssert.that(read.count()).empty();
    pipeline.run().waitUntilFinish();
  }

  @Test
  void shouldSayThatAFileWasChangedMeanwhile() throws IOException {
    RowGroup group = many().groups().get(1);
    ParquetOf.rows(folder.resolve("many.parquet"), ID + AMOUNT, g -> g.add("Id", "a"));
    assertChanged(group);
  }

  @Test
  void shouldNotTakeAnotherFileWithAsManyRowsForTheOneItWasToldOf() throws IOException {
    RowGroup group = many().groups().get(1);
    GroupReader.open(group, 0).close();
    Path file = Path.of(group.path());
    FileTime then = Files.getLastModifiedTime(file);
    Files.setLastModifiedTime(file, FileTime.fromMillis(then.toMillis() + 1000));
    assertChanged(group);
  }

  private static void assertChanged(RowGroup group) {
    InputException e = assertThrows(InputException.class, () -> GroupReader.open(group, 0).close());
    assertEquals("input " + group.path() + " was changed while it was read", e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "optional group v (LIST) { repeated group list { optional binary element; } }|a list",
        "repeated int32 v;|a list",
        "optional group v (MAP) { repeated group key_value { required binary key; } }|a map",
        "optional group v { optional int32 w; }|a group of columns",
        "optional fixed_len_byte_array(12) v (INTERVAL);|INTERVAL",
      })
  void shouldRefuseColumnsThatNoCellCanHold(String column, String found) throws IOException {
    Path file = ParquetOf.rows(folder.resolve("nested.parquet"), ID + column);
    InputException e = assertThrows(InputException.class, () -> parquet(file));
    assertThat(
        e.getMessage(),
        containsString(
            "nested.parquet, column v: expected text, a number, a boolean, a date or a time, found "
                + found
                + "; leave the column out"));
  }

  @Test
  void shouldRefuseWhatIsNoParquetFile() throws IOException {
    Path file = Files.writeString(folder.resolve("no.parquet"), "Id,Amount\n1,2\n");
    InputException e = assertThrows(InputException.class, () -> parquet(file));
    assertThat(e.getMessage(), containsString("no.parquet: expected a Parquet file, found "));
    InputException missing =
        assertThrows(InputException.class, () -> parquet(folder.resolve("gone.parquet")));
    assertThat(missing.getMessage(), containsString("gone.parquet: expected a Parquet file"));
  }

  @Test
  void shouldNameTheRecordThatADamagedFileEndsAt() throws IOException {
    Path path = Path.of(many().groups().get(0).path());
    byte[] bytes = Files.readAllBytes(path);
    Arrays.fill(bytes, 4, 400, (byte) 0x7f);
    Files.write(path, bytes);
    RowGroup group = parquet(path).groups().get(0);
    Exception e =
        assertThrows(
            Exception.class,
            () -> {
              try (GroupReader reader = GroupReader.open(group, 0)) {
                while (reader.next() < group.rows()) {
                  reader.read();
                }
              }
            });
    assertThat(e.getMessage(), containsString("many.parquet: r"));
  }

  private ParquetFile many() throws IOException {
    List<Consumer<Group>> fillers = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      int id = i;
      fillers.add(g -> g.append("Id", "" + id).append("Amount", id % 100 == 7 ? Double.NaN : id));
    }
    return parquet(ParquetOf.rows(folder.resolve("many.parquet"), ID + AMOUNT, 2000, fillers));
  }

  private static ParquetFile parquet(Path file) {
    return ParquetFile.read(file.toString(), "Id", ContractSchema.inputKinds());
  }

  private static List<Row> rows(ParquetFile file) throws IOException {
    List<Row> errors = new ArrayList<>();
    List<Row> rows = rows(file, errors);
    assertEquals(List.of(), errors);
    return rows;
  }

  private static List<Row> rows(ParquetFile file, List<Row> errors) throws IOException {
    List<Row> rows = new ArrayList<>();
    RowParser parser = new RowParser(file.columns());
    for (RowGroup group : file.groups()) {
      try (GroupReader reader = GroupReader.open(group, 0)) {
        while (reader.next() < group.rows()) {
          parser.parse(group.path(), reader.read(), rows::add, errors::add);
        }
      }
    }
    return rows;
  }
}
