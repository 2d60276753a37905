package org.anomalydetection.replay;

import java.io.Closeable;
import java.io.IOException;
import org.anomalydetection.csv.InputException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The rows of a file of errors, one after the other; before the first there is none. */
interface ErrorRows extends Closeable {
  /** The field of the contract's errors that holds the record itself. */
  String ELEMENT = "element";

  /** That which says where it was in error; rows that people made need not have it. */
  String STAGE = "stage";

  /**
   * Opens a file of errors of the format that its name says.
   *
   * @throws InputException if it is not there, or no file of errors
   */
  static ErrorRows open(String path) throws IOException {
    if (path.endsWith(".csv")) {
      return CsvErrors.open(path);
    }
    return path.endsWith(".parquet") ? ParquetErrors.open(path) : JsonErrors.open(path);
  }

  /** Goes to the next row; returns false behind the last one. */
  boolean next() throws IOException;

  /** Returns the number of the row: its line in JSON Lines, its record in other files, from 1. */
  long number();

  /** Returns the record that was in error, as JSON; nothing where the row has none. */
  @Nullable String element();

  /** Returns where the record was in error; empty where the row does not say so. */
  String stage();

  /** Returns the row as far as it can be shown, where it has no record. */
  String shown();
}
