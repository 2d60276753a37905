package org.anomalydetection.output;

import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Writes the rows of a schema as JSON objects, byte for byte as Beam's {@code ToJson} does. What
 * the schema says of a field is looked at once, not for every row.
 */
final class JsonWriter {
  /** The name of each field, with what stands before and behind it. */
  private final byte[][] names;

  private final Value[] values;

  /** Writes a value of one type that is not null. */
  interface Value {
    void write(JsonBytes out, Object value);
  }

  /**
   * Prepares to write rows of a schema.
   *
   * @throws IllegalArgumentException if a field is of a type that the contract has not
   */
  JsonWriter(Schema schema) {
    int count = schema.getFieldCount();
    names = new byte[count][];
    values = new Value[count];
    for (int i = 0; i < count; i++) {
      Schema.Field field = schema.getField(i);
      names[i] = name(i == 0 ? '{' : ',', field.getName());
      values[i] = value(field.getName(), field.getType());
    }
  }

  private static byte[] name(char before, String field) {
    JsonBytes name = new JsonBytes();
    name.raw(before);
    name.string(field);
    name.raw(':');
    return name.toByteArray();
  }

  /** Writes a row. */
  void write(JsonBytes out, Row row) {
    for (int i = 0; i < names.length; i++) {
      out.raw(names[i]);
      write(out, values[i], row.getValue(i));
    }
    out.raw(names.length == 0 ? "{}" : "}");
  }

  private static void write(JsonBytes out, Value writer, @Nullable Object value) {
    if (value == null) {
      out.raw("null");
    } else {
      writer.write(out, value);
    }
  }

  /**
   * Returns what writes the values of a type.
   *
   * @throws IllegalArgumentException if it is one that the contract has not
   */
  static Value value(String field, FieldType type) {
    return switch (type.getTypeName()) {
      case STRING -> (out, value) -> out.string((String) value);
      case DOUBLE -> (out, value) -> out.number((double) value);
      case FLOAT -> (out, value) -> out.number((float) value);
      case INT16, INT32, INT64, BOOLEAN -> (out, value) -> out.raw(value.toString());
      case ROW -> row(new JsonWriter(type.getRowSchema()));
      case ARRAY, ITERABLE -> items(value(field, type.getCollectionElementType()));
      default ->
          throw new IllegalArgumentException(
              String.format(
                  "field %s: expected a type of the contract, found %s",
                  field, type.getTypeName()));
    };
  }

  private static Value row(JsonWriter writer) {
    return (out, value) -> writer.write(out, (Row) value);
  }

  private static Value items(Value item) {
    return (out, value) -> {
      char before = '[';
      for (Object each : (Iterable<?>) value) {
        out.raw(before);
        write(out, item, each);
        before = ',';
      }
      out.raw(before == '[' ? "[]" : "]");
    };
  }
}
