package org.anomalydetection;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.Schema.TypeName;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Rows in JSON, as files that both languages read have them: a field is an object as in {@code
 * contract/schemas}, a row an object, bytes are <code>{"hex": …}</code>, and a number that JSON has
 * not is <code>{"double": …}</code>.
 */
public final class JsonRows {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JsonRows() {}

  /** Returns the schema of fields. */
  public static Schema schema(JsonNode fields) {
    Schema.Builder schema = Schema.builder();
    fields.forEach(
        field -> schema.addField(Schema.Field.of(field.required("name").asText(), type(field))));
    return schema.build();
  }

  /** Returns the type of a field. */
  public static FieldType type(JsonNode field) {
    String name = field.required("type").asText();
    FieldType type;
    if (name.equals("ARRAY")) {
      JsonNode items = field.required("items");
      type =
          FieldType.array(
              items.isArray()
                  ? FieldType.row(schema(items))
                  : FieldType.of(TypeName.valueOf(items.asText())));
    } else {
      type = FieldType.of(TypeName.valueOf(name));
    }
    return type.withNullable(field.required("nullable").asBoolean());
  }

  /** Returns a row. */
  public static Row row(Schema schema, JsonNode json) {
    List<@Nullable Object> values = new ArrayList<>();
    for (Schema.Field field : schema.getFields()) {
      values.add(value(field.getType(), json.required(field.getName())));
    }
    return Row.withSchema(schema).attachValues(values);
  }

  /** Returns a value of a type. */
  public static @Nullable Object value(FieldType type, JsonNode json) {
    if (json.isNull()) {
      return null;
    }
    return switch (type.getTypeName()) {
      case DOUBLE -> number(json);
      case FLOAT -> (float) number(json);
      case INT64 -> json.longValue();
      case INT32 -> json.intValue();
      case INT16 -> json.shortValue();
      case BOOLEAN -> json.booleanValue();
      case STRING -> json.textValue();
      case BYTES -> HexFormat.of().parseHex(json.required("hex").asText());
      case ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        json.forEach(item -> items.add(value(type.getCollectionElementType(), item)));
        yield items;
      }
      case ROW -> row(type.getRowSchema(), json);
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private static double number(JsonNode json) {
    return json.isObject()
        ? Double.parseDouble(json.required("double").asText())
        : json.doubleValue();
  }

  /** Returns the JSON of a value. */
  public static JsonNode json(@Nullable Object value) {
    if (value == null) {
      return JSON.nullNode();
    }
    if (value instanceof Row row) {
      ObjectNode object = JSON.objectNode();
      row.getSchema()
          .getFieldNames()
          .forEach(name -> object.set(name, json(row.<@Nullable Object>getValue(name))));
      return object;
    }
    if (value instanceof Iterable<?> items) {
      List<JsonNode> array = new ArrayList<>();
      items.forEach(item -> array.add(json(item)));
      return JSON.arrayNode().addAll(array);
    }
    if (value instanceof byte[] bytes) {
      return JSON.objectNode().put("hex", HexFormat.of().formatHex(bytes));
    }
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      return Double.isFinite(number)
          ? JSON.numberNode(number)
          : JSON.objectNode().put("double", Double.toString(number));
    }
    if (value instanceof Boolean flag) {
      return JSON.booleanNode(flag);
    }
    return value instanceof Number number
        ? JSON.numberNode(number.longValue())
        : JSON.textNode((String) value);
  }
}
