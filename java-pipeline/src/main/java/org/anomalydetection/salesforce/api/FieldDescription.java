package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A field of an object, as Salesforce describes it.
 *
 * @param name the name in queries
 * @param type Salesforce's word for the type, such as {@code currency} or {@code datetime}
 * @param label the name that people see
 * @param length the most characters of a text, 0 where there is no such limit
 * @param precision the most digits of a number, 0 for others
 * @param scale the digits behind the point of a number, 0 for others
 * @param nillable whether it may be empty
 * @param updateable whether this login may change it
 * @param relationshipName how a query goes to the record that it refers to, null if to none
 * @param referenceTo the objects that it may refer to
 */
public record FieldDescription(
    String name,
    String type,
    String label,
    int length,
    int precision,
    int scale,
    boolean nillable,
    boolean updateable,
    @Nullable String relationshipName,
    List<String> referenceTo) {

  static FieldDescription of(JsonNode json) {
    List<String> referenceTo = new ArrayList<>();
    json.path("referenceTo").forEach(object -> referenceTo.add(object.asText()));
    return new FieldDescription(
        json.path("name").asText(),
        json.path("type").asText(),
        json.path("label").asText(),
        json.path("length").asInt(),
        json.path("precision").asInt(),
        json.path("scale").asInt(),
        json.path("nillable").asBoolean(),
        json.path("updateable").asBoolean(),
        json.path("relationshipName").textValue(),
        List.copyOf(referenceTo));
  }
}
