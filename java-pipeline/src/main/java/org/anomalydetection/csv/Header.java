package org.anomalydetection.csv;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.source.Columns;

/** The first record of a file, which names its columns. */
public final class Header {
  private static final Pattern OUTER_SPACE =
      Pattern.compile("^\\s+|\\s+$", Pattern.UNICODE_CHARACTER_CLASS);

  private Header() {}

  /**
   * Reads the header of a file.
   *
   * @param path the file, on any file system of Beam
   * @param idColumn the column that names a row, by its header or its name in the contract
   * @param known how the cells of known columns are read; all others are text
   * @throws InputException if the file or its header cannot be used
   */
  public static Columns read(String path, String idColumn, Map<String, CellKind> known) {
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

  /**
   * Returns the columns of a file with these names.
   *
   * @param path the file, as messages name it
   * @param idColumn the column that names a row, by its header or its name in the contract
   * @param known how the cells of known columns are read; all others are text
   * @throws InputException if they cannot be used
   */
  public static Columns of(
      String path, List<Cell> header, String idColumn, Map<String, CellKind> known) {
    List<String> names = names(path, header);
    String id = Aliases.contractName(idColumn);
    if (!names.contains(id)) {
      throw new InputException(
          String.format(
              "input %s, header: expected the id column %s, found %s; --idColumn=NAME names"
                  + " another",
              path, idColumn, String.join(", ", names)));
    }
    return Columns.of(id, names, known);
  }

  /** Returns the names of the columns in the contract, in their order. */
  static List<String> names(String path, List<Cell> header) {
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
    return names;
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
}
