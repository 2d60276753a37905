package org.anomalydetection.contract;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;

/**
 * The names that a column goes by, from {@code contract/aliases.json} and its path in Salesforce.
 */
public final class Aliases {
  private static final Map<String, String> NAMES = load();

  private Aliases() {}

  /**
   * Returns the contract's name of a column. The labels of exports and the path of a SOQL query are
   * known; a header without an alias stays as it is.
   */
  public static String contractName(String header) {
    return NAMES.getOrDefault(header, header);
  }

  private static Map<String, String> load() {
    JsonNode fields = ContractJson.read("aliases.json").required("fields");
    Map<String, String> names = new HashMap<>();
    for (JsonNode field : fields) {
      for (JsonNode also : field.path("also")) {
        names.put(also.asText(), field.required("name").asText());
      }
    }
    SalesforcePaths.byColumn().forEach((name, path) -> names.put(path, name));
    for (String form : new String[] {"label", "name"}) {
      for (JsonNode field : fields) {
        names.put(field.required(form).asText(), field.required("name").asText());
      }
    }
    return Map.copyOf(names);
  }
}
