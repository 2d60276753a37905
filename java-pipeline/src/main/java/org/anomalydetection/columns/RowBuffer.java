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
  /** A block with more bytes is full, whatever its rows. */
  static final long BLOCK_BYTES = 4L << 20;

  /** So many full blocks are held at most, over all windows. */
  static final int MOST_BLOCKS = 4;

  private final int blockRows;
  private final BlockPool pool;
  private final BlockOutput out;
  private final Map<BoundedWindow, RowGroup> groups = new LinkedHashMap<>();
  private long rows;
  private long bytes;

  /**
   * @param blockRows how many rows a full block has
   * @param out where blocks go, within the call that fills them
   */
  RowBuffer(int blockRows, BlockPool pool, BlockOutput out) {
    this.blockRows = blockRows;
    this.pool = pool;
    this.out = out;
  }

  /**
   * Takes a row.
   *
   * @param timestamp in milliseconds since 1970
   */
  void add(Row row, long timestamp, BoundedWindow window) {
    RowGroup group = groups.computeIfAbsent(window, RowGroup::new);
    rows -= group.size();
    bytes -= group.bytes();
    group.add(row, timestamp, pool, out);
    rows += group.size();
    bytes += group.bytes();
    if (fill(group) >= 1) {
      flush(group);
    } else if (rows > (long) MOST_BLOCKS * blockRows || bytes > MOST_BLOCKS * BLOCK_BYTES) {
      flushLargest();
    }
  }

  /** Hands over all that is held. */
  void flush() {
    new ArrayList<>(groups.values()).forEach(this::flush);
  }

  /** Returns how many rows are held. */
  long rows() {
    return rows;
  }

  /** Returns about how many bytes they have. */
  long bytes() {
    return bytes;
  }

  /** Hands over the largest until half is left, so that it is not looked for with every row. */
  private void flushLargest() {
    List<RowGroup> bySize = new ArrayList<>(groups.values());
    bySize.sort(Comparator.comparingDouble(this::fill).reversed());
    for (RowGroup group : bySize) {
      if (rows <= (long) MOST_BLOCKS * blockRows / 2 && bytes <= MOST_BLOCKS * BLOCK_BYTES / 2) {
        return;
      }
      flush(group);
    }
  }

  private void flush(RowGroup group) {
    groups.remove(group.window());
    rows -= group.size();
    bytes -= group.bytes();
    group.flush(pool, out);
  }

  private double fill(RowGroup group) {
    return Math.max((double) group.size() / blockRows, (double) group.bytes() / BLOCK_BYTES);
  }
}
