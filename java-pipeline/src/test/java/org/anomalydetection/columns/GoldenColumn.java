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
import org.anomalydetection.JsonRows;
import org.anomalydetection.Project;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.Schema.TypeName;
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
    return Schema.of(Schema.Field.of("value", JsonRows.type(json.required("type"))));
  }

  @Nullable Object[] values() {
    FieldType type = JsonRows.type(json.required("type"));
    List<@Nullable Object> values = new ArrayList<>();
    json.required("values").forEach(value -> values.add(JsonRows.value(type, value)));
    return values.toArray();
  }

  /** Returns the codec that packs as the case says. */
  ColumnCodec codec() {
    FieldType type = JsonRows.type(json.required("type"));
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

  @Override
  public String toString() {
    return json.required("name").asText();
  }
}
