package org.anomalydetection.output;

import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;

/**
 * The rows of a schema as Parquet's records. Fields keep their names, whatever these are; Avro,
 * which most write Parquet with, has no columns such as {@code #}.
 */
final class ParquetRecord {
  private static final String RECORD = "row";
  private static final String LIST = "list";
  private static final String ELEMENT = "element";

  private final Type[] types;
  private final Value[] values;

  /** Writes a value of one type that is not null. */
  private interface Value {
    void write(RecordConsumer out, Object value);
  }

  /**
   * Prepares to write rows of a schema.
   *
   * @throws IllegalArgumentException if a field is of a type that the contract has not
   */
  ParquetRecord(Schema schema) {
    int count = schema.getFieldCount();
    types = new Type[count];
    values = new Value[count];
    for (int i = 0; i < count; i++) {
      Schema.Field field = schema.getField(i);
      types[i] = type(field.getName(), field.getType());
      values[i] = value(field.getType());
    }
  }

  /** Returns the type of the records. */
  MessageType type() {
    return new MessageType(RECORD, types);
  }

  /** Writes a row as a record. */
  void write(RecordConsumer out, Row row) {
    out.startMessage();
    fields(out, row);
    out.endMessage();
  }

  private void fields(RecordConsumer out, Row row) {
    for (int i = 0; i < values.length; i++) {
      Object value = row.getValue(i);
      if (value != null) {
        String name = types[i].getName();
        out.startField(name, i);
        values[i].write(out, value);
        out.endField(name, i);
      }
    }
  }

  private static Type type(String name, FieldType type) {
    boolean nullable = type.getNullable();
    return switch (type.getTypeName()) {
      case STRING ->
          primitive(PrimitiveTypeName.BINARY, nullable)
              .as(LogicalTypeAnnotation.stringType())
              .named(name);
      case DOUBLE -> primitive(PrimitiveTypeName.DOUBLE, nullable).named(name);
      case FLOAT -> primitive(PrimitiveTypeName.FLOAT, nullable).named(name);
      case INT16, INT32 -> primitive(PrimitiveTypeName.INT32, nullable).named(name);
      case INT64 -> primitive(PrimitiveTypeName.INT64, nullable).named(name);
      case BOOLEAN -> primitive(PrimitiveTypeName.BOOLEAN, nullable).named(name);
      case ROW ->
          (nullable ? Types.optionalGroup() : Types.requiredGroup())
              .addFields(new ParquetRecord(type.getRowSchema()).types)
              .named(name);
      case ARRAY, ITERABLE -> {
        Type element = type(ELEMENT, type.getCollectionElementType());
        yield (nullable ? Types.optionalList() : Types.requiredList())
            .setElementType(element)
            .named(name);
      }
      default ->
          throw new IllegalArgumentException(
              String.format(
                  "field %s: expected a type of the contract, found %s", name, type.getTypeName()));
    };
  }

  private static Types.PrimitiveBuilder<PrimitiveType> primitive(
      PrimitiveTypeName type, boolean nullable) {
    return nullable ? Types.optional(type) : Types.required(type);
  }

  private static Value value(FieldType type) {
    return switch (type.getTypeName()) {
      case STRING -> (out, value) -> out.addBinary(Binary.fromString((String) value));
      case DOUBLE -> (out, value) -> out.addDouble((double) value);
      case FLOAT -> (out, value) -> out.addFloat((float) value);
      case INT16, INT32 -> (out, value) -> out.addInteger(((Number) value).intValue());
      case INT64 -> (out, value) -> out.addLong((long) value);
      case BOOLEAN -> (out, value) -> out.addBoolean((boolean) value);
      case ROW -> row(new ParquetRecord(type.getRowSchema()));
      default -> items(value(type.getCollectionElementType()));
    };
  }

  private static Value row(ParquetRecord record) {
    return (out, value) -> {
      out.startGroup();
      record.fields(out, (Row) value);
      out.endGroup();
    };
  }

  private static Value items(Value item) {
    return (out, value) -> {
      out.startGroup();
      boolean first = true;
      for (Object each : (Iterable<?>) value) {
        if (first) {
          out.startField(LIST, 0);
          first = false;
        }
        out.startGroup();
        if (each != null) {
          out.startField(ELEMENT, 0);
          item.write(out, each);
          out.endField(ELEMENT, 0);
        }
        out.endGroup();
      }
      if (!first) {
        out.endField(LIST, 0);
      }
      out.endGroup();
    };
  }
}
