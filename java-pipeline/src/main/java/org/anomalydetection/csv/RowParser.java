package org.anomalydetection.csv;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Turns the records of one file into rows, or into rows of the contract's errors. */
final class RowParser {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String source;
  private final Columns columns;
  private final Schema schema;
  private final int idIndex;

  RowParser(String source, Columns columns) {
    this.source = source;
    this.columns = columns;
    this.schema = columns.schema();
    this.idIndex = columns.names().indexOf(columns.idColumn());
  }

  /** Hands over one record, as a row if all of it is good, as one error otherwise. */
  void parse(long number, List<Cell> cells, Consumer<Row> rows, Consumer<Row> errors) {
    int expected = columns.names().size();
    if (cells.size() != expected) {
      errors.accept(
          error(number, null, null, count(expected), count(cells.size()), json(values(cells))));
      return;
    }
    List<@Nullable Object> values = new ArrayList<>(expected);
    for (int i = 0; i < expected; i++) {
      Cell cell = cells.get(i);
      CellKind kind = columns.kinds().get(i);
      if (cell.isEmpty()) {
        if (i == idIndex) {
          errors.accept(cellError(number, cells, i, "an id", "nothing"));
          return;
        }
        values.add(null);
        continue;
      }
      if (cell.text().isEmpty()) {
        errors.accept(cellError(number, cells, i, "UTF-8 text", cell.readable()));
        return;
      }
      Object value = cell.text().flatMap(kind::parse).orElse(null);
      if (value == null) {
        errors.accept(cellError(number, cells, i, kind.expected(), cell.readable()));
        return;
      }
      values.add(value);
    }
    rows.accept(Row.withSchema(schema).attachValues(values));
  }

  private Row cellError(long number, List<Cell> cells, int index, String expected, String found) {
    Map<String, @Nullable Object> element = new LinkedHashMap<>();
    for (int i = 0; i < cells.size(); i++) {
      element.put(columns.names().get(i), cells.get(i).json());
    }
    Cell id = cells.get(idIndex);
    return error(
        number,
        id.isEmpty() ? null : id.text().orElse(null),
        columns.names().get(index),
        expected,
        found,
        json(element));
  }

  private Row error(
      long number,
      @Nullable String id,
      @Nullable String column,
      String expected,
      String found,
      String element) {
    String message = "expected " + expected + ", found " + found;
    return Row.withSchema(ContractSchema.ERRORS)
        .withFieldValue("source", source)
        .withFieldValue("row", number)
        .withFieldValue("id", id)
        .withFieldValue("column", column)
        .withFieldValue("expected", expected)
        .withFieldValue("found", found)
        .withFieldValue("error", column == null ? message : column + ": " + message)
        .withFieldValue("stage", "read")
        .withFieldValue("element", element)
        .build();
  }

  private static List<@Nullable Object> values(List<Cell> cells) {
    List<@Nullable Object> values = new ArrayList<>();
    cells.forEach(cell -> values.add(cell.json()));
    return values;
  }

  private static String count(int cells) {
    return cells + " cells";
  }

  private static String json(Object element) {
    try {
      return MAPPER.writeValueAsString(element);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
