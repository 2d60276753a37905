package org.anomalydetection.summary;

import java.io.Serializable;
import java.util.Comparator;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A row in error, as the summary shows it.
 *
 * @param source the file or the system that it came from
 * @param row its number there, from 1
 * @param error what was expected of which column, and found
 */
public record BadRow(@Nullable String source, @Nullable Long row, String error)
    implements Serializable {
  private static final int ERROR_WIDTH = 200;

  /** In the order of the sources and of the rows in them. */
  static final Comparator<BadRow> IN_ORDER =
      Comparator.comparing(BadRow::source, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(BadRow::row, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(BadRow::error);

  /** Returns what is shown of a row of the contract's errors. */
  static BadRow of(Row error) {
    return new BadRow(
        error.getString("source"),
        error.getInt64("row"),
        OneLine.of(error.getString("error"), ERROR_WIDTH));
  }

  /** Returns the row in words, in one line. */
  public String text() {
    return (source == null ? "" : OneLine.of(source) + ", ")
        + (row == null ? "" : "row " + row + ": ")
        + error;
  }
}
