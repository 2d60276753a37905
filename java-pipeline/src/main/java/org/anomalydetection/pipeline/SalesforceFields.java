package org.anomalydetection.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.contract.SalesforcePaths;
import org.anomalydetection.files.Stored;
import org.anomalydetection.salesforce.Describer;
import org.anomalydetection.salesforce.Soql;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Which column each field of Salesforce comes to be.
 *
 * @param object the object that is read
 * @param columns the path of the field of each column, null where the org has none
 * @param isQuery whether they are those of a query of the user's own
 * @param includeDeleted whether deleted records come too
 */
record SalesforceFields(
    String object, Map<String, @Nullable String> columns, boolean isQuery, boolean includeDeleted) {
  static final String OPPORTUNITY = "Opportunity";
  private static final String CURRENCY = "CurrencyIsoCode";
  private static final String DELETED = "IsDeleted";

  /**
   * Works it out of the options.
   *
   * @param problems where to add what is wrong
   */
  static SalesforceFields of(ScoringOptions options, List<String> problems) {
    Map<String, @Nullable String> columns = new LinkedHashMap<>(SalesforcePaths.byColumn());
    String mapping = options.getSalesforceFields();
    if (mapping != null) {
      columns.putAll(read(mapping, problems));
    }
    boolean deleted = Boolean.TRUE.equals(options.getIncludeDeleted());
    String id = Aliases.contractName(options.getIdColumn());
    String query = options.getQuery();
    if (query == null) {
      if (!columns.containsKey(id)) {
        problems.add(
            String.format(
                "--idColumn: expected one of %s, found %s",
                String.join(", ", columns.keySet()), options.getIdColumn()));
      }
      return new SalesforceFields(OPPORTUNITY, columns, false, deleted);
    }
    Map<String, @Nullable String> selected = new LinkedHashMap<>();
    String object = OPPORTUNITY;
    try {
      Soql.Parts parts = Soql.parse(query);
      object = parts.object();
      parts.paths().forEach(path -> selected.put(column(path, columns), path));
      if (!selected.containsKey(id)) {
        problems.add(
            String.format(
                "--query: expected the id column %s among its fields, found %s; --idColumn=NAME"
                    + " names another",
                id, String.join(", ", selected.keySet())));
      }
    } catch (IllegalArgumentException e) {
      problems.add("--query: " + e.getMessage());
    }
    return new SalesforceFields(object, selected, true, deleted);
  }

  private static String column(String path, Map<String, @Nullable String> columns) {
    return columns.entrySet().stream()
        .filter(column -> path.equalsIgnoreCase(column.getValue()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(Aliases.contractName(path));
  }

  private static Map<String, @Nullable String> read(String path, List<String> problems) {
    Map<String, @Nullable String> columns = new LinkedHashMap<>();
    try (InputStream in = Channels.newInputStream(Stored.open(path))) {
      JsonNode mapping = new ObjectMapper().readTree(in);
      if (!mapping.isObject()) {
        problems.add("--salesforceFields: expected an object of JSON in " + path);
      }
      mapping
          .fields()
          .forEachRemaining(
              column -> {
                JsonNode value = column.getValue();
                if (value.isTextual() || value.isNull()) {
                  columns.put(
                      Aliases.contractName(column.getKey()),
                      value.isNull() ? null : value.asText());
                } else {
                  problems.add(
                      String.format(
                          "--salesforceFields: expected the path of a field or null for %s in %s,"
                              + " found %s",
                          column.getKey(), path, value));
                }
              });
    } catch (IOException | IllegalArgumentException e) {
      problems.add(
          "--salesforceFields: expected a JSON file, found " + path + ": " + e.getMessage());
    }
    return columns;
  }

  /**
   * Returns the path of each column's field. An org of several currencies has one more column:
   * amounts of different currencies do not compare.
   */
  Map<String, @Nullable String> paths(Describer describer)
      throws SalesforceException, InterruptedException {
    Map<String, @Nullable String> paths = new LinkedHashMap<>(columns);
    if (!isQuery && describer.has(object, CURRENCY)) {
      paths.putIfAbsent(CURRENCY, CURRENCY);
    }
    if (!isQuery && includeDeleted) {
      paths.putIfAbsent(DELETED, DELETED);
    }
    return paths;
  }
}
