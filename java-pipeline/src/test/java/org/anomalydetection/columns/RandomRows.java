package org.anomalydetection.columns;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/** Schemas and rows that nobody would think of; the same seed gives the same ones. */
final class RandomRows {
  private static final Schema INNER =
      Schema.builder()
          .addStringField("text")
          .addNullableField("number", FieldType.DOUBLE)
          .addNullableField("bytes", FieldType.BYTES)
          .build();

  private static final List<FieldType> PACKED =
      List.of(
          FieldType.STRING,
          FieldType.STRING,
          FieldType.BYTES,
          FieldType.DOUBLE,
          FieldType.FLOAT,
          FieldType.INT64,
          FieldType.INT32,
          FieldType.INT16,
          FieldType.BOOLEAN);

  private static final List<FieldType> OTHERS =
      List.of(
          FieldType.DATETIME,
          FieldType.DECIMAL,
          FieldType.BYTE,
          FieldType.row(INNER),
          FieldType.array(FieldType.STRING.withNullable(true)),
          FieldType.iterable(FieldType.INT64),
          FieldType.array(FieldType.array(FieldType.BOOLEAN)),
          FieldType.map(FieldType.STRING, FieldType.row(INNER)));

  private static final List<String> TEXTS =
      List.of("", "a", "Closed Won", "Zoë", "東京", "🗼", "a\0b", "\uFFFD", "?", "x".repeat(300));

  private final Random random;

  RandomRows(long seed) {
    this.random = new Random(seed);
  }

  /** Returns a type that has a packed column: one of the simple ones, or lists. */
  FieldType packedType() {
    FieldType type = any(PACKED);
    if (random.nextInt(4) == 0) {
      type =
          FieldType.array(
              random.nextBoolean() ? any(PACKED) : FieldType.row(schema(1 + below(3), PACKED)));
    }
    return type.withNullable(random.nextBoolean());
  }

  /** Returns a schema of rows that may be sent; one in eight has a field of another type. */
  Schema schema() {
    Schema.Builder schema = Schema.builder().addFields(schema(1 + below(8), PACKED).getFields());
    if (below(8) == 0) {
      schema.addField(Schema.Field.of("other", any(OTHERS).withNullable(random.nextBoolean())));
    }
    return schema.build();
  }

  private Schema schema(int fields, List<FieldType> types) {
    Schema.Builder schema = Schema.builder();
    for (int i = 0; i < fields; i++) {
      schema.addField(Schema.Field.of("field " + i, any(types).withNullable(random.nextBoolean())));
    }
    return schema.build();
  }

  List<Row> rows(Schema schema, int n) {
    List<Column> columns =
        schema.getFields().stream().map(field -> new Column(field.getType())).toList();
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      List<@Nullable Object> values = new ArrayList<>();
      columns.forEach(column -> values.add(column.next()));
      rows.add(Row.withSchema(schema).attachValues(values));
    }
    return rows;
  }

  /** Returns values of a type, of which some columns have few different ones and some many. */
  @Nullable Object[] values(FieldType type, int n) {
    Column column = new Column(type);
    @Nullable Object[] values = new Object[n];
    for (int i = 0; i < n; i++) {
      values[i] = column.next();
    }
    return values;
  }

  int below(int limit) {
    return random.nextInt(limit);
  }

  byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private Object value(FieldType type) {
    return switch (type.getTypeName()) {
      case STRING -> random.nextBoolean() ? any(TEXTS) : Long.toString(random.nextLong(), 36);
      case BYTES -> bytes(below(12));
      case DOUBLE -> random.nextBoolean() ? random.nextGaussian() : bits();
      case FLOAT -> Float.intBitsToFloat(random.nextInt());
      case INT64 -> random.nextLong();
      case INT32 -> random.nextInt();
      case INT16 -> (short) random.nextInt();
      case BYTE -> (byte) random.nextInt();
      case BOOLEAN -> random.nextBoolean();
      case DATETIME -> Instant.ofEpochMilli(random.nextInt());
      case DECIMAL -> BigDecimal.valueOf(random.nextLong(), below(20));
      case ARRAY, ITERABLE -> list(type.getCollectionElementType());
      case MAP -> map(type);
      case ROW -> rows(type.getRowSchema(), 1).get(0);
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private double bits() {
    return any(List.of(-0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE));
  }

  private List<@Nullable Object> list(FieldType type) {
    List<@Nullable Object> items = new ArrayList<>();
    for (int i = below(4); i > 0; i--) {
      items.add(orNull(type));
    }
    return items;
  }

  private Map<Object, @Nullable Object> map(FieldType type) {
    Map<Object, @Nullable Object> map = new HashMap<>();
    for (int i = below(3); i > 0; i--) {
      map.put(value(type.getMapKeyType()), orNull(type.getMapValueType()));
    }
    return map;
  }

  private @Nullable Object orNull(FieldType type) {
    return type.getNullable() && below(4) == 0 ? null : value(type);
  }

  /** The values of one column. */
  private final class Column {
    private final FieldType type;
    private final List<Object> few = new ArrayList<>();
    private final int nulls = below(3);

    Column(FieldType type) {
      this.type = type;
      for (int i = random.nextBoolean() ? below(6) : 0; i > 0; i--) {
        few.add(value(type));
      }
    }

    @Nullable Object next() {
      if (type.getNullable() && below(2) < nulls) {
        return null;
      }
      return few.isEmpty() ? value(type) : any(few);
    }
  }
}
