package org.anomalydetection.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Makes the contract's rows of errors, of records that a source could not turn into rows. */
public final class ErrorRow {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ErrorRow() {}

  /**
   * Returns the row of a bad record.
   *
   * @param source the file or the system that it came from
   * @param row its number there, from 1; null where records have no numbers
   * @param id its id, null where that could not be read
   * @param column the column that is wrong, null where it is the record as a whole
   * @param element the record, as Jackson writes it
   */
  public static Row of(
      String source,
      @Nullable Long row,
      @Nullable String id,
      @Nullable String column,
      String expected,
      String found,
      Object element) {
    String message = "expected " + expected + ", found " + found;
    return Row.withSchema(ContractSchema.ERRORS)
        .withFieldValue("source", source)
        .withFieldValue("row", row)
        .withFieldValue("id", id)
        .withFieldValue("column", column)
        .withFieldValue("expected", expected)
        .withFieldValue("found", found)
        .withFieldValue("error", column == null ? message : column + ": " + message)
        .withFieldValue("stage", "read")
        .withFieldValue("element", json(element))
        .build();
  }

  private static String json(Object element) {
    try {
      return MAPPER.writeValueAsString(element);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
