package org.anomalydetection.salesforce;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.ErrorRow;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Turns records into rows, or into rows of errors. */
final class RecordParser {
  private final String source;
  private final Columns columns;
  private final Schema schema;
  private final List<String> paths;
  private final int[] indexes;
  private final int idIndex;
  private final int cursorIndex;

  /**
   * @param source what errors call Salesforce
   */
  RecordParser(String source, Fields fields, RowQuery query) {
    this.source = source;
    this.columns = fields.columns();
    this.schema = columns.schema();
    this.paths = query.paths();
    this.indexes =
        fields.paths().stream().mapToInt(path -> path.map(paths::indexOf).orElse(-1)).toArray();
    this.idIndex = columns.names().indexOf(columns.idColumn());
    this.cursorIndex = query.cursorIndex();
  }

  /**
   * What became of a record.
   *
   * @param good whether it is a row
   * @param row the row, or the row of the contract's errors
   * @param changed when it was last changed, null if that is not known
   */
  record Parsed(boolean good, Row row, @Nullable Instant changed) {}

  /** Reads a record, whose cells are in the order of the query's fields. */
  Parsed parse(@Nullable String[] cells) {
    Instant changed = cursorIndex < 0 ? null : instant(cells[cursorIndex]);
    if (cursorIndex >= 0 && changed == null) {
      return bad(cells, paths.get(cursorIndex), "a time", cells[cursorIndex], null);
    }
    @Nullable Object[] values = new Object[indexes.length];
    for (int i = 0; i < values.length; i++) {
      String cell = indexes[i] < 0 ? null : cells[indexes[i]];
      if (cell == null) {
        if (i == idIndex) {
          return bad(cells, columns.idColumn(), "an id", null, changed);
        }
        continue;
      }
      CellKind kind = columns.kinds().get(i);
      Optional<Object> value = kind.parse(cell);
      if (value.isEmpty()) {
        return bad(cells, columns.names().get(i), kind.expected(), cell, changed);
      }
      values[i] = value.get();
    }
    return new Parsed(true, Row.withSchema(schema).attachValues(Arrays.asList(values)), changed);
  }

  private Parsed bad(
      @Nullable String[] cells,
      String column,
      String expected,
      @Nullable String found,
      @Nullable Instant changed) {
    Map<String, @Nullable String> element = new LinkedHashMap<>();
    for (int i = 0; i < indexes.length; i++) {
      element.put(columns.names().get(i), indexes[i] < 0 ? null : cells[indexes[i]]);
    }
    String id = indexes[idIndex] < 0 ? null : cells[indexes[idIndex]];
    return new Parsed(
        false,
        ErrorRow.of(source, null, id, column, expected, found == null ? "nothing" : found, element),
        changed);
  }

  private static @Nullable Instant instant(@Nullable String cell) {
    try {
      return cell == null ? null : Instant.parse(cell);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
