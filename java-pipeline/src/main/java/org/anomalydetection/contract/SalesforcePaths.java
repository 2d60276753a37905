package org.anomalydetection.contract;

import java.util.LinkedHashMap;
import java.util.Map;

/** Where Salesforce has the columns of an opportunity, from {@code contract/salesforce.json}. */
public final class SalesforcePaths {
  private SalesforcePaths() {}

  /** Returns the path of each column in a SOQL query, in the contract's order. */
  public static Map<String, String> byColumn() {
    Map<String, String> paths = new LinkedHashMap<>();
    ContractJson.read("salesforce.json")
        .fields()
        .forEachRemaining(column -> paths.put(column.getKey(), column.getValue().asText()));
    return paths;
  }
}
