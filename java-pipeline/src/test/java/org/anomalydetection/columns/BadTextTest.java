package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BadTextTest {
  private static final Schema INNER = Schema.builder().addStringField("text").build();
  private static final Schema SCHEMA =
      Schema.builder()
          .addStringField("Id")
          .addNullableField("Name", FieldType.STRING)
          .addNullableField("Amount", FieldType.DOUBLE)
          .addNullableField("Code", FieldType.BYTES)
          .addNullableField("Tags", FieldType.array(FieldType.STRING))
          .addNullableField("Inner", FieldType.row(INNER))
          .addNullableField("More", FieldType.map(FieldType.STRING, FieldType.STRING))
          .build();

  @ParameterizedTest
  @ValueSource(strings = {"", "Zoë", "🗼", "\uFFFD?", "a\0b"})
  void shouldFindNothingInATextThatIsWhole(String text) {
    assertEquals(-1, BadText.fieldOf(row(text, text)));
    assertEquals(
        -1, BadText.fieldOf(row("1", null, List.of(text), inner(text), Map.of(text, text))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\uD83D", "\uDDFC", "a\uD83Db", "🗼\uDDFC", "\uD83D\uD83D\uDDFC", "\uDDFC\uD83D"})
  void shouldFindHalfOfAPairWhereverItStands(String text) {
    assertEquals(0, BadText.fieldOf(row(text, text)));
    assertEquals(1, BadText.fieldOf(row("1", text)));
    assertEquals(4, BadText.fieldOf(row("1", null, Arrays.asList("a", null, text), null, null)));
    assertEquals(5, BadText.fieldOf(row("1", null, List.of("a"), inner(text), null)));
    assertEquals(6, BadText.fieldOf(row("1", null, null, inner("a"), Map.of("a", text))));
    assertEquals(6, BadText.fieldOf(row("1", null, null, null, Map.of(text, "a"))));
  }

  @Test
  void shouldBeFoundByWhatPacksToo() {
    List<Row> bad =
        List.of(
            row("\uD83D", null),
            row("1", "\uD83D"),
            row("1", null, List.of("\uD83D"), null, null),
            row("1", null, null, inner("\uD83D"), null),
            row("1", null, null, null, Map.of("\uD83D", "")));
    for (Row row : bad) {
      assertEquals(false, new BlockPool(SCHEMA).take().add(row, 1));
    }
    assertEquals(true, new BlockPool(SCHEMA).take().add(row("1", "🗼"), 1));
  }

  @Test
  void shouldBecomeARowOfTheErrors() {
    Row error = BadText.error(row("7", "caf\u00e9 \uD83D!"), 1, "Id");
    assertEquals(
        Row.withSchema(ContractSchema.ERRORS)
            .addValues(null, null, "7", "Name", "UTF-8 text", "café \\ud83d!")
            .addValue("Name: expected UTF-8 text, found café \\ud83d!")
            .addValue("score")
            .addValue(
                "{\"Id\":\"7\",\"Name\":{\"base64\":\"Y2Fmw6kg7aC9IQ==\"},\"Amount\":\"NaN\","
                    + "\"Code\":{\"base64\":\"AP8=\"},\"Tags\":null,\"Inner\":null,\"More\":null}")
            .build(),
        error);
  }

  @Test
  void shouldTellTheJsonOfAllThatARowCanHold() {
    Row row = row("\uD83D", null, Arrays.asList("a", null), inner("b"), Map.of("\uD83D", "c"));
    Row error = BadText.error(row, 0, "Id");
    assertEquals(null, error.getString("id"));
    assertEquals(
        "{\"Id\":{\"base64\":\"7aC9\"},\"Name\":null,\"Amount\":\"NaN\",\"Code\":{\"base64\":\"AP8=\"},"
            + "\"Tags\":[\"a\",null],\"Inner\":{\"text\":\"b\"},\"More\":{\"\\\\ud83d\":\"c\"}}",
        error.getString("element"));
  }

  private static Row inner(String text) {
    return Row.withSchema(INNER).addValue(text).build();
  }

  private static Row row(String id, @Nullable String name) {
    return row(id, name, null, null, null);
  }

  private static Row row(
      String id,
      @Nullable String name,
      @Nullable List<String> tags,
      @Nullable Row inner,
      @Nullable Map<String, String> more) {
    return Row.withSchema(SCHEMA)
        .attachValues(Arrays.asList(id, name, Double.NaN, new byte[] {0, -1}, tags, inner, more));
  }
}
