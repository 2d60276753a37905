package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An object, as Salesforce describes it.
 *
 * @param name the name in queries
 * @param fields those that this login may see, in Salesforce's order
 */
public record ObjectDescription(String name, List<FieldDescription> fields) {
  static ObjectDescription of(JsonNode json) throws SalesforceException {
    if (!json.path("name").isTextual() || json.path("fields").isEmpty()) {
      throw SalesforceException.broken(
          "expected the name and the fields of an object, found another JSON object", null);
    }
    List<FieldDescription> fields = new ArrayList<>();
    json.path("fields").forEach(field -> fields.add(FieldDescription.of(field)));
    return new ObjectDescription(json.path("name").asText(), List.copyOf(fields));
  }

  /** Returns the field of a name, whose letters may be of either case, as in queries. */
  public Optional<FieldDescription> field(String name) {
    return fields.stream().filter(field -> field.name().equalsIgnoreCase(name)).findFirst();
  }

  /** Returns the field that refers to another record by a relationship's name. */
  public Optional<FieldDescription> reference(String relationshipName) {
    return fields.stream()
        .filter(field -> relationshipName.equalsIgnoreCase(field.relationshipName()))
        .findFirst();
  }
}
