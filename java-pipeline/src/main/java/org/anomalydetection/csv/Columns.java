package org.anomalydetection.csv;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.contract.CellKind;
import org.apache.beam.sdk.schemas.Schema;

/** The columns of a file under their resulting names, and how their cells are read. Immutable. */
public final class Columns implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Pattern OUTER_SPACE =
      Pattern.compile("^\\s+|\\s+$", Pattern.UNICODE_CHARACTER_CLASS);

  private final String idColumn;
  private final List<String> names;
  private final List<CellKind> kinds;

  private Columns(String idColumn, List<String> names, List<CellKind> kinds) {
    this.idColumn = idColumn;
    this.names = names;
    this.kinds = kinds;
  }

  /**
   * Reads the header of a file.
   *
   * @param path the file, on any file system of Beam
   * @param idColumn the column that names a row, by its header or its name in the contract
   * @param known how the cells of known columns are read; all others are text
   * @throws InputException if the file or its header cannot be used
   */
  public static Columns ofFile(String path, String idColumn, Map<String, CellKind> known) {
    try (CsvRecords records = CsvRecords.open(path, "input")) {
      if (!records.hasNext()) {
        throw new InputException(
            "input " + path + ": expected a header with the names of the columns, found nothing");
      }
      return of(path, records.next(), idColumn, known);
    } catch (CsvSyntaxException e) {
      throw new InputException("input " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException("input " + path + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Columns of(
      String path, List<Cell> header, String idColumn, Map<String, CellKind> known) {
    List<String> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Cell cell : header) {
      String where = "input " + path + ", header, column " + (names.size() + 1) + ": ";
      String name = contractName(where, cell);
      if (!seen.add(name)) {
        throw new InputException(
            where + "expected a name of its own, found " + name + " a second time");
      }
      names.add(name);
    }
    String id = Aliases.contractName(idColumn);
    if (!seen.contains(id)) {
      throw new InputException(
          String.format(
              "input %s, header: expected the id column %s, found %s; --idColumn=NAME names"
                  + " another",
              path, idColumn, String.join(", ", names)));
    }
    List<CellKind> kinds = new ArrayList<>();
    for (String name : names) {
      kinds.add(name.equals(id) ? CellKind.STRING : known.getOrDefault(name, CellKind.STRING));
    }
    return new Columns(id, List.copyOf(names), List.copyOf(kinds));
  }

  private static String contractName(String where, Cell cell) {
    String header =
        cell.text()
            .orElseThrow(
                () -> new InputException(where + "expected UTF-8 text, found " + cell.readable()));
    String name = OUTER_SPACE.matcher(header).replaceAll("");
    if (name.isEmpty()) {
      throw new InputException(where + "expected a name, found nothing");
    }
    return Aliases.contractName(name);
  }

  /** Returns the resulting name of the column that names a row. */
  public String idColumn() {
    return idColumn;
  }

  /** Returns the resulting names, in the order of the file. */
  public List<String> names() {
    return names;
  }

  /** Returns how the cells are read, in the order of the file. */
  List<CellKind> kinds() {
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
