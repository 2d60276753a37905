package org.anomalydetection.writeback;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.Consumer;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Makes rows of the contract's errors of rows that cannot be written back, and counts them. */
final class Errors {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String ID = "Id";

  private final String source;
  private final List<String> columns;
  private final Consumer<Row> errors;
  private long count;

  /**
   * @param source what Salesforce is called
   * @param columns the columns of a row that are shown
   */
  Errors(String source, List<String> columns, Consumer<Row> errors) {
    this.source = source;
    this.columns = columns;
    this.errors = errors;
  }

  /** Tells of a scored row whose id leads to no record. */
  void badId(Row scored, String expected) {
    String id = scored.getString("id");
    String message = String.format("%s: expected %s, found %s", ID, expected, id);
    add(scored, ID, expected, id, message);
  }

  /** Tells of a scored row that Salesforce refused. */
  void refused(Row scored, String message) {
    add(scored, null, null, null, message);
  }

  /** Returns how many there are so far. */
  long count() {
    return count;
  }

  private void add(
      Row scored,
      @Nullable String column,
      @Nullable String expected,
      @Nullable String found,
      String message) {
    count++;
    errors.accept(
        Row.withSchema(ContractSchema.ERRORS)
            .withFieldValue("source", source)
            .withFieldValue("row", null)
            .withFieldValue("id", scored.getString("id"))
            .withFieldValue("column", column)
            .withFieldValue("expected", expected)
            .withFieldValue("found", found)
            .withFieldValue("error", message)
            .withFieldValue("stage", WriteBack.STAGE)
            .withFieldValue("element", element(scored))
            .build());
  }

  /** Returns the row as it was read, of which a replay makes a row again. */
  private String element(Row scored) {
    ObjectNode element = MAPPER.createObjectNode().put(ID, scored.getString("id"));
    for (String column : columns) {
      element.set(column, MAPPER.valueToTree(scored.getValue(column)));
    }
    return element.toString();
  }
}
