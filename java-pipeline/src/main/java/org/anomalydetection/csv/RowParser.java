package org.anomalydetection.csv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.ErrorRow;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Turns the records of sources with the same columns into rows, or into rows of errors. */
public final class RowParser {
  private final Columns columns;
  private final Schema schema;
  private final int idIndex;
  private final ColumnValues[] readers;

  /** Parses records with the cells of these columns. */
  public RowParser(Columns columns) {
    this.columns = columns;
    this.schema = columns.schema();
    this.idIndex = columns.names().indexOf(columns.idColumn());
    this.readers = columns.kinds().stream().map(ColumnValues::new).toArray(ColumnValues[]::new);
  }

  /**
   * Hands over a record, as a row if all of it is good, as one error otherwise.
   *
   * @param source the file, as errors name it
   */
  public void parse(String source, CellRecord record, Consumer<Row> rows, Consumer<Row> errors) {
    int expected = readers.length;
    if (record.cells() != expected) {
      errors.accept(error(source, record, null, null, count(expected), count(record.cells())));
      return;
    }
    byte[] bytes = record.bytes();
    @Nullable Object[] values = new Object[expected];
    for (int i = 0; i < expected; i++) {
      int begin = record.begin(i);
      int end = record.end(i);
      if (begin < end) {
        values[i] = readers[i].read(bytes, begin, end);
        if (values[i] == null) {
          errors.accept(cellError(source, record, i));
          return;
        }
      } else if (i == idIndex) {
        errors.accept(cellError(source, record, i));
        return;
      }
    }
    rows.accept(Row.withSchema(schema).attachValues(Arrays.asList(values)));
  }

  private Row cellError(String source, CellRecord record, int index) {
    Cell bad = record.cell(index);
    CellKind kind = columns.kinds().get(index);
    String expected =
        bad.isEmpty() ? "an id" : bad.text().isEmpty() ? "UTF-8 text" : kind.expected();
    String found = bad.isEmpty() ? "nothing" : bad.readable();
    Cell id = record.cell(idIndex);
    return error(
        source,
        record,
        id.isEmpty() ? null : id.text().orElse(null),
        columns.names().get(index),
        expected,
        found);
  }

  private Row error(
      String source,
      CellRecord record,
      @Nullable String id,
      @Nullable String column,
      String expected,
      String found) {
    return ErrorRow.of(
        source, record.number(), id, column, expected, found, element(record, column != null));
  }

  /** Returns what stands in a record: by the columns' names where each has its cell, or a list. */
  private Object element(CellRecord record, boolean named) {
    List<@Nullable Object> cells = new ArrayList<>();
    Map<String, @Nullable Object> byName = new LinkedHashMap<>();
    for (int i = 0; i < record.cells(); i++) {
      Object cell = record.cell(i).json();
      cells.add(cell);
      if (named) {
        byName.put(columns.names().get(i), cell);
      }
    }
    return named ? byName : cells;
  }

  private static String count(int cells) {
    return cells + " cells";
  }
}
