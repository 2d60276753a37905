package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The bytes of a packed column as they grow, part by part. To be used again and again. */
final class ColumnWriter {
  private static final int ALIGNMENT = 8;

  private byte[] bytes = new byte[1 << 12];
  private int size;

  /** Forgets what was written. */
  void clear() {
    size = 0;
  }

  /** Returns how many bytes were written. */
  int size() {
    return size;
  }

  /** Returns what was written. */
  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /**
   * Begins the next part at a multiple of 8 bytes.
   *
   * @return the part, all 0, to be filled before the next one begins
   */
  ByteBuffer part(long length) {
    int start = Math.addExact(size, -size & (ALIGNMENT - 1));
    int end = Math.toIntExact(start + length);
    if (end > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.max(end, Math.min(2L * bytes.length, 1 << 30)));
    }
    Arrays.fill(bytes, size, end, (byte) 0);
    size = end;
    return view(start, end - start);
  }

  /** Writes the first n of whole numbers of 4 bytes as the next part. */
  void ints(int[] values, int n) {
    part((long) Integer.BYTES * n).asIntBuffer().put(values, 0, n);
  }

  /** Writes bytes as the next part. */
  void bytes(TextBytes values) {
    part(values.size()).put(values.array(), 0, values.size());
  }

  /** Returns bytes that were written, to be written over. */
  ByteBuffer view(int start, int length) {
    return ByteBuffer.wrap(bytes, start, length).order(ByteOrder.LITTLE_ENDIAN);
  }
}
