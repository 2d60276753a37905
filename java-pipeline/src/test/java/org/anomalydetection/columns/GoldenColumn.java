package org.anomalydetection.columns;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.anomalydetection.Project;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.Schema.TypeName;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A case of {@code contract/golden/columns.json}, which says itself what is in it. */
record GoldenColumn(JsonNode json) {
  static Stream<GoldenColumn> all() {
    try {
      JsonNode all = new ObjectMapper().readTree(Project.text("contract/golden/columns.json"));
      return StreamSupport.stream(all.spliterator(), false).map(GoldenColumn::new);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean isRefused() {
    return json.has("refused");
  }

  /** Tells whether it is what this side writes, and not only what it reads. */
  boolean isPacked() {
    return json.path("packed").asBoolean(true);
  }

  String refused() {
    return json.required("refused").asText();
  }

  byte[] bytes() {
    return HexFormat.of().parseHex(json.required("hex").asText());
  }

  int rows() {
    return isRefused() ? json.required("rows").asInt() : json.required("values").size();
  }

  Schema schema() {
    return Schema.of(Schema.Field.of("value", type(json.required("type"))));
  }

  @Nullable Object[] values() {
    FieldType type = type(json.required("type"));
    List<@Nullable Object> values = new ArrayList<>();
    json.required("values").forEach(value -> values.add(value(type, value)));
    return values.toArray();
  }

  /** Returns the codec that packs as the case says. */
  ColumnCodec codec() {
    FieldType type = type(json.required("type"));
    if (type.getTypeName() != TypeName.ARRAY) {
      return column(type, json.path("layout").asText("plain"));
    }
    JsonNode layouts = json.path("item_layouts");
    FieldType item = type.getCollectionElementType();
    if (item.getRowSchema() == null) {
      return new ArrayColumn(type, List.of(column(item, layouts.path("").asText("plain"))));
    }
    return new ArrayColumn(
        type,
        item.getRowSchema().getFields().stream()
            .map(field -> column(field.getType(), layouts.path(field.getName()).asText("plain")))
            .toList());
  }

  private static ColumnCodec column(FieldType type, String layout) {
    return switch (type.getTypeName()) {
      case STRING, BYTES ->
          new TextColumn(type, layout.equals("plain") ? ColumnCodec.PLAIN : ColumnCodec.DICTIONARY);
      default -> ColumnCodec.of(type);
    };
  }

  private static FieldType type(JsonNode field) {
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

  private static Schema schema(JsonNode fields) {
    Schema.Builder schema = Schema.builder();
    fields.forEach(
        field -> schema.addField(Schema.Field.of(field.required("name").asText(), type(field))));
    return schema.build();
  }

  private static @Nullable Object value(FieldType type, JsonNode value) {
    if (value.isNull()) {
      return null;
    }
    return switch (type.getTypeName()) {
      case DOUBLE -> number(value);
      case FLOAT -> (float) number(value);
      case INT64 -> value.longValue();
      case INT32 -> value.intValue();
      case INT16 -> value.shortValue();
      case BOOLEAN -> value.booleanValue();
      case STRING -> value.textValue();
      case BYTES -> HexFormat.of().parseHex(value.required("hex").asText());
      case ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        value.forEach(item -> items.add(value(type.getCollectionElementType(), item)));
        yield items;
      }
      case ROW -> {
        List<@Nullable Object> values = new ArrayList<>();
        for (Schema.Field field : type.getRowSchema().getFields()) {
          values.add(value(field.getType(), value.required(field.getName())));
        }
        yield Row.withSchema(type.getRowSchema()).attachValues(values);
      }
      default -> throw new IllegalArgumentException(type.toString());
    };
  }

  private static double number(JsonNode value) {
    return value.isObject()
        ? Double.parseDouble(value.required("double").asText())
        : value.doubleValue();
  }

  @Override
  public String toString() {
    return json.required("name").asText();
  }
}
