package org.anomalydetection.columns;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.Row;

/** Rows of one window, each with its timestamp. */
final class RowGroup {
  private final BoundedWindow window;
  private final List<Row> rows = new ArrayList<>();
  private long[] timestamps = new long[8];
  private long textLength;

  RowGroup(BoundedWindow window) {
    this.window = window;
  }

  void add(Row row, long timestamp, long length) {
    if (rows.size() == timestamps.length) {
      timestamps = Arrays.copyOf(timestamps, 2 * timestamps.length);
    }
    timestamps[rows.size()] = timestamp;
    rows.add(row);
    textLength += length;
  }

  BoundedWindow window() {
    return window;
  }

  List<Row> rows() {
    return rows;
  }

  int size() {
    return rows.size();
  }

  /** Returns the timestamp of a row, in milliseconds since 1970. */
  long timestamp(int i) {
    return timestamps[i];
  }

  /** Returns the earliest timestamp. */
  long earliest() {
    long earliest = timestamps[0];
    for (int i = 1; i < rows.size(); i++) {
      earliest = Math.min(earliest, timestamps[i]);
    }
    return earliest;
  }

  /** Returns about how many bytes the texts of the rows have. */
  long textLength() {
    return textLength;
  }
}
