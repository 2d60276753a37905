package org.anomalydetection.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.anomalydetection.parquet.SnappyCodecs;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.io.LocalInputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowFormatTest {
  private static final Schema REASON =
      Schema.builder().addStringField("field").addNullableField("value", FieldType.STRING).build();

  private static final Schema SCHEMA =
      Schema.builder()
          .addStringField("#, \"é\"")
          .addNullableField("text", FieldType.STRING)
          .addNullableField("number", FieldType.DOUBLE)
          .addInt64Field("count")
          .addNullableField("flag", FieldType.BOOLEAN)
          .addArrayField("reasons", FieldType.row(REASON))
          .build();

  private static final List<Row> ROWS =
      List.of(
          row("a", "two\nlines, \"quoted\"", 0.5, 1L, true, List.of(reason("Stage", "Zo\u00eb"))),
          row("b", null, null, Long.MAX_VALUE, null, List.of()),
          row(
              "\ud83d\ude00",
              "",
              Double.NaN,
              -1L,
              false,
              List.of(reason("x", null), reason("y", "z"))));

  @TempDir Path folder;

  @Test
  void shouldWriteCsv() throws IOException {
    assertEquals(
        """
"#, ""é\""\",text,number,count,flag,reasons\r
a,"two
lines, ""quoted\""\",0.5,1,true,"[{""field"":""Stage"",""value"":""Zoë""}]"\r
b,,,9223372036854775807,,[]\r
\ud83d\ude00,,NaN,-1,false,"[{""field"":""x"",""value"":null},{""field"":""y"",""value"":""z""}]"\r
""",
        new String(write(RowFormat.CSV, ROWS), StandardCharsets.UTF_8));
  }

  @Test
  void shouldWriteParquet() throws IOException {
    List<Group> groups = parquet(ROWS);
    assertEquals(3, groups.size());
    Group first = groups.get(0);
    assertEquals("a", first.getString("#, \"é\"", 0));
    assertEquals("two\nlines, \"quoted\"", first.getString("text", 0));
    assertEquals(0.5, first.getDouble("number", 0));
    assertEquals(true, first.getBoolean("flag", 0));
    Group reason = first.getGroup("reasons", 0).getGroup("list", 0).getGroup("element", 0);
    assertEquals("Zoë", reason.getString("value", 0));
    Group second = groups.get(1);
    assertEquals(0, second.getFieldRepetitionCount("text"));
    assertEquals(0, second.getFieldRepetitionCount("flag"));
    assertEquals(Long.MAX_VALUE, second.getLong("count", 0));
    assertEquals(0, second.getGroup("reasons", 0).getFieldRepetitionCount("list"));
    Group third = groups.get(2).getGroup("reasons", 0);
    assertEquals(2, third.getFieldRepetitionCount("list"));
    assertEquals(
        0, third.getGroup("list", 0).getGroup("element", 0).getFieldRepetitionCount("value"));
    assertEquals(
        """
        message row {
          required binary #, "é" (STRING);
          optional binary text (STRING);
          optional double number;
          required int64 count;
          optional boolean flag;
          required group reasons (LIST) {
            repeated group list {
              required group element {
                required binary field (STRING);
                optional binary value (STRING);
              }
            }
          }
        }
        """,
        new ParquetRecord(SCHEMA).type().toString());
  }

  @Test
  void shouldWriteFilesWithoutRows() throws IOException {
    assertEquals(0, write(RowFormat.JSONL, List.of()).length);
    assertEquals(
        "\"#, \"\"é\"\"\",text,number,count,flag,reasons\r\n",
        new String(write(RowFormat.CSV, List.of()), StandardCharsets.UTF_8));
    assertEquals(List.of(), parquet(List.of()));
  }

  @Test
  void shouldRefuseTypesThatTheContractHasNot() {
    Schema bytes = Schema.builder().addByteArrayField("raw").build();
    for (RowFormat format : RowFormat.values()) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> format.files(bytes));
      assertEquals("field raw: expected a type of the contract, found BYTES", e.getMessage());
    }
  }

  private List<Group> parquet(List<Row> rows) throws IOException {
    Path file = Files.write(folder.resolve("rows.parquet"), write(RowFormat.PARQUET, rows));
    List<Group> groups = new ArrayList<>();
    try (ParquetReader<Group> reader = new Groups(file).build()) {
      for (Group group = reader.read(); group != null; group = reader.read()) {
        groups.add(group);
      }
    }
    return groups;
  }

  private static final class Groups extends ParquetReader.Builder<Group> {
    Groups(Path file) {
      super(new LocalInputFile(file), new PlainParquetConfiguration());
      withCodecFactory(new SnappyCodecs());
    }

    @Override
    protected ReadSupport<Group> getReadSupport() {
      return new GroupReadSupport();
    }
  }

  private static byte[] write(RowFormat format, List<Row> rows) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (WritableByteChannel channel = Channels.newChannel(bytes)) {
      RowFile file = format.files(SCHEMA).begin(channel);
      for (Row row : rows) {
        file.write(row);
      }
      file.finish();
      assertEquals(true, channel.isOpen());
    }
    return bytes.toByteArray();
  }

  private static Row row(Object... values) {
    return Row.withSchema(SCHEMA).addValues(Arrays.asList(values)).build();
  }

  private static Row reason(String field, String value) {
    return Row.withSchema(REASON).addValue(field).addValue(value).build();
  }
}
