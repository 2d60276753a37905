package org.anomalydetection.columns;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The rows of one window that wait for their block. A few wait as they are, since there may be many
 * windows of a row or two; a block is begun when there are more.
 */
final class RowGroup {
  private static final int FEW = 16;

  private final BoundedWindow window;
  private final List<Waiting> few = new ArrayList<>(1);
  private @Nullable BlockBuilder block;
  private long bytesOfFew;

  RowGroup(BoundedWindow window) {
    this.window = window;
  }

  BoundedWindow window() {
    return window;
  }

  /** Returns how many rows there are. */
  int size() {
    return few.size() + (block == null ? 0 : block.size());
  }

  /** Returns about how many bytes they have. */
  long bytes() {
    return bytesOfFew + (block == null ? 0 : block.bytes());
  }

  /** Adds a row, or hands rows that cannot be sent to the output. */
  void add(Row row, long timestamp, BlockPool pool, BlockOutput out) {
    if (block == null && few.size() < FEW) {
      few.add(new Waiting(row, timestamp));
      bytesOfFew += bytes(row);
      return;
    }
    pack(pool, out);
    pack(new Waiting(row, timestamp), out);
  }

  /** Hands its block to the output, and rows that cannot be sent; it is not used any longer. */
  void flush(BlockPool pool, BlockOutput out) {
    pack(pool, out);
    if (block.size() > 0) {
      out.block(block.build(), block.earliest(), window);
    }
    pool.giveBack(block);
  }

  private void pack(BlockPool pool, BlockOutput out) {
    if (block == null) {
      block = pool.take();
    }
    few.forEach(waiting -> pack(waiting, out));
    few.clear();
    bytesOfFew = 0;
  }

  private void pack(Waiting waiting, BlockOutput out) {
    if (!block.add(waiting.row(), waiting.timestamp())) {
      out.unsendable(waiting.row(), waiting.timestamp(), window);
    }
  }

  private static long bytes(@Nullable Object value) {
    if (value instanceof String text) {
      return text.length();
    }
    if (value instanceof byte[] bytes) {
      return bytes.length;
    }
    if (value instanceof Row row) {
      return bytes(row.getValues());
    }
    if (value instanceof Map<?, ?> map) {
      return bytes(map.keySet()) + bytes(map.values());
    }
    if (value instanceof Iterable<?> items) {
      long sum = 0;
      for (Object item : items) {
        sum += bytes(item);
      }
      return sum;
    }
    return Long.BYTES;
  }

  private record Waiting(Row row, long timestamp) {}
}
