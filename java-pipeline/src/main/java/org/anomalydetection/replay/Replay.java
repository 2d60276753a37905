package org.anomalydetection.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.csv.CsvSyntaxException;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.input.InputFiles;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.Source;
import org.anomalydetection.source.Spread;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;

/**
 * Reads the records of files of errors, such as an earlier run wrote and somebody mended: JSON
 * Lines, CSV or Parquet. Each becomes a row, or an error once more. So does what was scored and
 * could not be written elsewhere, unless its error holds a part of it only.
 */
public final class Replay extends PTransform<PBegin, ReadResult> {
  private static final long serialVersionUID = 1L;

  private final List<String> paths;
  private final Columns columns;

  @SuppressWarnings("serial") // a map of lists of strings
  private final Map<String, List<String>> orders;

  private final WholeRows whole;

  private Replay(
      List<String> paths, Columns columns, Map<String, List<String>> orders, WholeRows whole) {
    this.paths = paths;
    this.columns = columns;
    this.orders = orders;
    this.whole = whole;
  }

  /**
   * Returns the source of the records in files of errors. They have no header: its columns are all
   * that the records name.
   *
   * @param pattern the files, on any file system of Beam
   * @param idColumn the column that names a row, by its name in the contract or an alias of that
   * @param known how the cells of known columns are read; all others are text
   * @param features the columns that the model looks at, none where that is not known here
   * @throws InputException if there are no such files, or they are none of errors
   */
  public static Source source(
      String pattern, String idColumn, Map<String, CellKind> known, Set<String> features) {
    List<String> paths = InputFiles.match(pattern, "--replay:");
    Map<String, ElementNames> byPath = new LinkedHashMap<>();
    ElementNames names = new ElementNames();
    for (String path : paths) {
      byPath.put(path, names(path));
      names.addAll(byPath.get(path));
    }
    List<String> all = names.all();
    String id = Aliases.contractName(idColumn);
    if (!all.contains(id)) {
      throw new InputException(
          String.format(
              "--replay: %s: expected elements with the id column %s, found the columns %s;"
                  + " --idColumn=NAME names another",
              pattern,
              id,
              all.isEmpty()
                  ? "of none, as no element is an object (make one with all columns in their order"
                      + " of a list, and the others are understood)"
                  : String.join(", ", all)));
    }
    Columns columns = Columns.of(id, all, known);
    // Files may be of inputs with other orders: a list is read as the objects beside it.
    Map<String, List<String>> orders = new HashMap<>();
    byPath.forEach(
        (path, found) -> found.order(all.size()).ifPresent(order -> orders.put(path, order)));
    WholeRows whole =
        new WholeRows(features.isEmpty() ? all : all.stream().filter(features::contains).toList());
    return new Source(pattern, paths.size(), columns, new Replay(paths, columns, orders, whole));
  }

  private static ElementNames names(String path) {
    ElementNames names = new ElementNames();
    try (ErrorRows rows = ErrorRows.open(path)) {
      while (rows.next()) {
        ElementCells.read(rows.element()).filter(JsonNode::isObject).ifPresent(names::add);
      }
      return names;
    } catch (CsvSyntaxException e) {
      throw new InputException(e.getMessage(), e);
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException("--replay: " + path + " cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public ReadResult expand(PBegin input) {
    return ReadResult.of(
        input
            .apply("Paths", Spread.of(paths, StringUtf8Coder.of()))
            .apply(
                "Records",
                ParDo.of(new ReplayFn(columns, orders, whole))
                    .withOutputTags(ReadResult.ROWS, ReadResult.SIDES)),
        columns.schema());
  }
}
