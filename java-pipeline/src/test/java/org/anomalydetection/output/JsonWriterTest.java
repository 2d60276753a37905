package org.anomalydetection.output;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.util.RowJson.RowJsonSerializer;
import org.apache.beam.sdk.util.RowJsonUtils;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is what Beam's {@code ToJson} makes of the same rows. */
class JsonWriterTest {
  private static final Schema ALL_TYPES =
      Schema.builder()
          .addStringField("text \"\u00e9\u6771\"")
          .addNullableField("maybe", FieldType.STRING)
          .addNullableField("double", FieldType.DOUBLE)
          .addFloatField("float")
          .addInt16Field("int16")
          .addInt32Field("int32")
          .addInt64Field("int64")
          .addNullableField("boolean", FieldType.BOOLEAN)
          .addArrayField("texts", FieldType.STRING)
          .addIterableField("numbers", FieldType.DOUBLE)
          .addNullableField(
              "rows",
              FieldType.array(
                  FieldType.row(
                      Schema.builder()
                          .addStringField("name")
                          .addNullableField("number", FieldType.DOUBLE)
                          .build())))
          .addRowField("empty", Schema.builder().build())
          .build();

  private final Random random = new Random(11);

  @Test
  void shouldWriteWhatBeamWrites() throws IOException {
    for (Schema schema : List.of(ALL_TYPES, ContractSchema.SCORED, ContractSchema.ERRORS)) {
      ObjectMapper beam = RowJsonUtils.newObjectMapperWith(RowJsonSerializer.forSchema(schema));
      JsonWriter writer = new JsonWriter(schema);
      for (int i = 0; i < 3_000; i++) {
        Row row = row(schema);
        JsonBytes json = new JsonBytes();
        writer.write(json, row);
        assertEquals(RowJsonUtils.rowToJson(beam, row), text(json));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {
        0.0,
        -0.0,
        1,
        -1.5,
        1e7,
        1e-3,
        1e300,
        4.9e-324,
        2.2250738585072014e-308,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.MAX_VALUE
      })
  void shouldWriteEveryNumberTwiceAlike(double number) throws IOException {
    Schema schema = Schema.builder().addDoubleField("x").build();
    JsonWriter writer = new JsonWriter(schema);
    Row row = Row.withSchema(schema).addValue(number).build();
    JsonBytes json = new JsonBytes();
    writer.write(json, row);
    writer.write(json, row);
    String once =
        RowJsonUtils.rowToJson(
            RowJsonUtils.newObjectMapperWith(RowJsonSerializer.forSchema(schema)), row);
    assertEquals(once + once, text(json));
  }

  @Test
  void shouldWriteNumbersThatAreReadAsTheSame() {
    for (int i = 0; i < 10_000; i++) {
      double number = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(number)) {
        JsonBytes json = new JsonBytes();
        json.number(number);
        assertEquals(number, Double.parseDouble(text(json)));
        assertTrue(text(json).length() <= Double.toString(number).length());
      }
    }
  }

  @Test
  void shouldWriteHalfACharacterAsAQuestionMark() {
    JsonBytes json = new JsonBytes();
    json.string("a\ud83db\ude80");
    assertEquals("\"a?b?\"", text(json));
  }

  @Test
  void shouldNameAFieldThatTheContractHasNoTypeFor() {
    Schema schema = Schema.builder().addByteArrayField("picture").build();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new JsonWriter(schema));
    assertThat(e.getMessage(), containsString("field picture: expected a type of the contract"));
  }

  private static String text(JsonBytes json) {
    return new String(json.toByteArray(), StandardCharsets.UTF_8);
  }

  private Row row(Schema schema) {
    List<@Nullable Object> values = new ArrayList<>();
    for (Schema.Field field : schema.getFields()) {
      boolean missing = field.getType().getNullable() && random.nextInt(3) == 0;
      values.add(missing ? null : value(field.getType()));
    }
    return Row.withSchema(schema).addValues(values).build();
  }

  private Object value(FieldType type) {
    return switch (type.getTypeName()) {
      case STRING -> randomText();
      case DOUBLE ->
          switch (random.nextInt(4)) {
            case 0 -> 1 / random.nextGaussian();
            case 1 -> Math.exp(-30 * random.nextDouble());
            case 2 -> random.nextInt(1 << 20) / 1000.0;
            default -> (double) random.nextInt(100);
          };
      case FLOAT -> Float.intBitsToFloat(random.nextInt());
      case INT16 -> (short) random.nextInt();
      case INT32 -> random.nextInt();
      case INT64 -> random.nextLong();
      case BOOLEAN -> random.nextBoolean();
      case ROW -> row(type.getRowSchema());
      default -> items(() -> value(type.getCollectionElementType()));
    };
  }

  private List<Object> items(Supplier<Object> item) {
    List<Object> items = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      items.add(item.get());
    }
    return items;
  }

  private String randomText() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(12); i > 0; i--) {
      int[] limits = {0x20, 0x80, 0x80, 0x80, 0x800, 0xd800, 0x110000};
      int point = random.nextInt(limits[random.nextInt(limits.length)]);
      boolean half = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
      text.appendCodePoint(half ? '"' : point);
    }
    return text.toString();
  }
}
