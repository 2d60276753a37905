package org.anomalydetection.salesforce;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.source.Columns;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The columns of rows, and the fields of Salesforce that they hold. Immutable. */
public final class Fields implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Columns columns;
  private final List<@Nullable String> paths;

  private Fields(Columns columns, List<@Nullable String> paths) {
    this.columns = columns;
    this.paths = paths;
  }

  /**
   * Returns columns as Salesforce describes the fields that they hold.
   *
   * @param describer asks Salesforce
   * @param object the object that is queried
   * @param pathsByName the path of each column's field, such as Account.Industry; null for a column
   *     that is always missing
   * @param idColumn the column that names a row
   * @param known how the cells of known columns are read, whatever Salesforce says
   * @throws IllegalArgumentException with a line for each field that Salesforce does not show
   */
  public static Fields described(
      Describer describer,
      String object,
      Map<String, @Nullable String> pathsByName,
      String idColumn,
      Map<String, CellKind> known)
      throws SalesforceException, InterruptedException {
    Map<String, CellKind> kinds = new LinkedHashMap<>();
    List<@Nullable String> paths = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Map.Entry<String, @Nullable String> column : pathsByName.entrySet()) {
      String path = column.getValue();
      if (path == null) {
        paths.add(null);
        continue;
      }
      try {
        Describer.Found found = describer.find(object, Soql.path(path));
        paths.add(found.path());
        kinds.put(column.getKey(), found.kind());
      } catch (IllegalArgumentException e) {
        problems.add(column.getKey() + ": " + e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
    kinds.putAll(known);
    List<String> names = List.copyOf(pathsByName.keySet());
    return new Fields(Columns.of(idColumn, names, kinds), paths);
  }

  /** Returns the columns of the rows. */
  public Columns columns() {
    return columns;
  }

  /** Returns the path of each column's field, nothing for a column that is always missing. */
  public List<Optional<String>> paths() {
    return paths.stream().map(Optional::ofNullable).toList();
  }
}
