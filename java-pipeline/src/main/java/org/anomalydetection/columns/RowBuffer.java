package org.anomalydetection.columns;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.Row;

/**
 * The rows of a bundle that wait until there are enough for a block, by window. However many
 * windows there are, it holds no more than a few blocks.
 */
final class RowBuffer {
  /** A block with more bytes of text is full, whatever its rows. */
  static final long BLOCK_TEXT = 4L << 20;

  /** So many full blocks are held at most, over all windows. */
  static final int MOST_BLOCKS = 4;

  private final int blockRows;
  private final Map<BoundedWindow, RowGroup> groups = new LinkedHashMap<>();
  private long rows;
  private long textLength;

  /**
   * @param blockRows how many rows a full block has
   */
  RowBuffer(int blockRows) {
    this.blockRows = blockRows;
  }

  /**
   * Takes a row.
   *
   * @param timestamp in milliseconds since 1970
   * @param length about how many bytes its texts have
   * @return what is to be sent now, and is held no longer
   */
  List<RowGroup> add(Row row, long timestamp, long length, BoundedWindow window) {
    RowGroup group = groups.computeIfAbsent(window, RowGroup::new);
    group.add(row, timestamp, length);
    rows++;
    textLength += length;
    if (fill(group) >= 1) {
      return List.of(removed(group));
    }
    if (rows <= (long) MOST_BLOCKS * blockRows && textLength <= MOST_BLOCKS * BLOCK_TEXT) {
      return List.of();
    }
    return largest();
  }

  /** Returns what is held, to be sent, and holds nothing any longer. */
  List<RowGroup> drain() {
    List<RowGroup> all = new ArrayList<>(groups.values());
    groups.clear();
    rows = 0;
    textLength = 0;
    return all;
  }

  /** Returns how many rows are held. */
  long rows() {
    return rows;
  }

  /** Returns about how many bytes the texts of the rows have that are held. */
  long textLength() {
    return textLength;
  }

  /** Takes out the largest until half is left, so that it is not asked for with every row. */
  private List<RowGroup> largest() {
    List<RowGroup> bySize = new ArrayList<>(groups.values());
    bySize.sort(Comparator.comparingDouble(this::fill).reversed());
    List<RowGroup> largest = new ArrayList<>();
    for (RowGroup group : bySize) {
      if (rows <= (long) MOST_BLOCKS * blockRows / 2
          && textLength <= MOST_BLOCKS * BLOCK_TEXT / 2) {
        break;
      }
      largest.add(removed(group));
    }
    return largest;
  }

  private double fill(RowGroup group) {
    return Math.max((double) group.size() / blockRows, (double) group.textLength() / BLOCK_TEXT);
  }

  private RowGroup removed(RowGroup group) {
    groups.remove(group.window());
    rows -= group.size();
    textLength -= group.textLength();
    return group;
  }
}
