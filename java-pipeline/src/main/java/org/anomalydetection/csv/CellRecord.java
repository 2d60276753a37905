package org.anomalydetection.csv;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A record as cells, whose bytes lie in one array. */
public interface CellRecord {
  /** Returns the number of the record, from 1. */
  long number();

  /** Returns how many cells the record has. */
  int cells();

  /** Returns the bytes that {@link #begin} and {@link #end} are places in. */
  byte[] bytes();

  /** Returns where a cell begins. */
  int begin(int cell);

  /** Returns where a cell ends. */
  int end(int cell);

  /** Returns a copy of a cell. */
  default Cell cell(int cell) {
    return Cell.of(Arrays.copyOfRange(bytes(), begin(cell), end(cell)));
  }

  /** Returns copies of all cells. */
  default List<Cell> copies() {
    return IntStream.range(0, cells()).mapToObj(this::cell).toList();
  }
}
