package org.anomalydetection.source;

import java.io.Serializable;

/**
 * Cells of a CSV file whose many line breaks may be those of records between two stray quotes.
 *
 * @param source the file
 * @param record the number of the record that has the first of them
 * @param column which column it is in, in words
 * @param lineBreaks how many it holds
 * @param cells how many such cells there are
 */
public record TallCells(String source, long record, String column, long lineBreaks, long cells)
    implements Serializable {
  /** How many line breaks a cell may hold that is none of these. */
  public static final int MOST_LINE_BREAKS = 20;

  /** Returns all of both, which are of the same file. */
  public TallCells and(TallCells other) {
    TallCells first = record <= other.record ? this : other;
    return new TallCells(source, first.record, first.column, first.lineBreaks, cells + other.cells);
  }
}
