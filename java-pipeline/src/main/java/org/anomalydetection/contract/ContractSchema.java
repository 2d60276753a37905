package org.anomalydetection.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;

/** The schemas of the contract as Beam schemas, from {@code contract/schemas}. */
public final class ContractSchema {
  /** How the transform is configured; a request carries any subset that has the three URIs. */
  public static final Schema CONFIG = beam(fields("config"));

  /** The columns of a Salesforce opportunity. */
  public static final Schema INPUT = beam(fields("input"));

  /** One row for every good input row. */
  public static final Schema SCORED = beam(fields("scored"));

  /** One row for every bad input row. */
  public static final Schema ERRORS = beam(fields("errors"));

  private ContractSchema() {}

  /** Returns what an option of {@link #CONFIG} that is a number is when it is absent. */
  public static long defaultNumber(String option) {
    return field("config", option).required("default").asLong();
  }

  /** Returns what an option of {@link #CONFIG} that is a text is when it is absent. */
  public static String defaultText(String option) {
    return field("config", option).required("default").asText();
  }

  /** Returns how the cells of each column of {@link #INPUT} are read, in the contract's order. */
  public static Map<String, CellKind> inputKinds() {
    Map<String, CellKind> kinds = new LinkedHashMap<>();
    for (JsonNode field : fields("input")) {
      String kind = field.path("format").asText(field.required("type").asText());
      kinds.put(field.required("name").asText(), CellKind.of(kind));
    }
    return kinds;
  }

  private static JsonNode field(String schema, String name) {
    for (JsonNode field : fields(schema)) {
      if (field.required("name").asText().equals(name)) {
        return field;
      }
    }
    throw new IllegalArgumentException("the contract's " + schema + " has no field " + name);
  }

  private static JsonNode fields(String name) {
    return ContractJson.read("schemas/" + name + ".json").required("fields");
  }

  private static Schema beam(JsonNode fields) {
    List<Schema.Field> all = new ArrayList<>();
    for (JsonNode field : fields) {
      all.add(
          Schema.Field.of(field.required("name").asText(), type(field))
              .withNullable(field.required("nullable").asBoolean()));
    }
    return new Schema(all);
  }

  private static FieldType type(JsonNode field) {
    String name = field.required("type").asText();
    if (!name.equals("ARRAY")) {
      return FieldType.of(Schema.TypeName.valueOf(name));
    }
    JsonNode items = field.required("items");
    return FieldType.array(
        items.isArray()
            ? FieldType.row(beam(items))
            : FieldType.of(Schema.TypeName.valueOf(items.asText())));
  }
}
