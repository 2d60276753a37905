package org.anomalydetection.source;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.CellKind;
import org.apache.beam.sdk.schemas.Schema;

/** The columns of a source under their resulting names, and how their cells are read. Immutable. */
public final class Columns implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String idColumn;
  private final List<String> names;
  private final List<CellKind> kinds;

  private Columns(String idColumn, List<String> names, List<CellKind> kinds) {
    this.idColumn = idColumn;
    this.names = names;
    this.kinds = kinds;
  }

  /**
   * Returns columns of these names.
   *
   * @param idColumn the name of the one that names a row, which is read as text whatever it is
   * @param known how the cells of known columns are read; all others are text
   * @throws IllegalArgumentException if the id column is none of them
   */
  public static Columns of(String idColumn, List<String> names, Map<String, CellKind> known) {
    if (!names.contains(idColumn)) {
      throw new IllegalArgumentException(
          "expected the id column " + idColumn + ", found " + String.join(", ", names));
    }
    List<CellKind> kinds = new ArrayList<>();
    for (String name : names) {
      kinds.add(
          name.equals(idColumn) ? CellKind.STRING : known.getOrDefault(name, CellKind.STRING));
    }
    return new Columns(idColumn, List.copyOf(names), List.copyOf(kinds));
  }

  /** Returns the resulting name of the column that names a row. */
  public String idColumn() {
    return idColumn;
  }

  /** Returns the resulting names, in the order of the source. */
  public List<String> names() {
    return names;
  }

  /** Returns how the cells are read, in the order of the source. */
  public List<CellKind> kinds() {
    return kinds;
  }

  /** Returns how the cells of a column are read. */
  public CellKind kind(String name) {
    return kinds.get(names.indexOf(name));
  }

  /** Returns the schema of the rows: every column is nullable but the id. */
  public Schema schema() {
    Schema.Builder schema = Schema.builder();
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      schema.addField(
          Schema.Field.of(name, kinds.get(i).type()).withNullable(!name.equals(idColumn)));
    }
    return schema.build();
  }
}
