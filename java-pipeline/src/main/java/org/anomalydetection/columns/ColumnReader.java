package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of a packed column, read part by part. Nothing is allocated for a part before it is
 * known to be there.
 */
final class ColumnReader {
  private static final int ALIGNMENT = 8;

  private final String column;
  private final byte[] bytes;
  private final int end;
  private int position;

  ColumnReader(String column, byte[] bytes) {
    this(column, bytes, 0, bytes.length);
  }

  private ColumnReader(String column, byte[] bytes, int start, int end) {
    this.column = column;
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  /**
   * Returns the next part.
   *
   * @param length how many bytes it has
   * @param what what it holds, for messages
   */
  ByteBuffer part(long length, String what) {
    long start = (long) position + (-position & (ALIGNMENT - 1));
    if (start + length > end) {
      throw malformed(
          String.format(
              "too short: expected %d bytes of %s, found %d",
              length, what, Math.max(0, end - start)));
    }
    for (; position < start; position++) {
      if (bytes[position] != 0) {
        throw malformed("the gap before " + what + ": expected 0, found " + bytes[position]);
      }
    }
    position += (int) length;
    return ByteBuffer.wrap(bytes, (int) start, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns the bytes that a part's position is one of. */
  byte[] bytes() {
    return bytes;
  }

  /** Returns the next part as bits. */
  boolean[] bits(int n, String what) {
    int start = part((n + 7L) / 8, what).position();
    boolean[] bits = new boolean[n];
    for (int i = 0; i < n; i++) {
      bits[i] = (bytes[start + (i >> 3)] >> (i & 7) & 1) != 0;
    }
    if ((n & 7) != 0 && (bytes[start + (n >> 3)] & 0xFF) >> (n & 7) != 0) {
      throw malformed(what + ": the bits after the last: expected 0, found others");
    }
    return bits;
  }

  /** Returns the next part as whole numbers of 4 bytes. */
  int[] ints(long n, String what) {
    ByteBuffer part = part(4 * n, what);
    int[] values = new int[(int) n];
    part.asIntBuffer().get(values);
    return values;
  }

  /** Returns the next part as offsets of n values: n + 1 numbers from 0 that never fall. */
  int[] offsets(int n) {
    int[] offsets = ints(n + 1L, "offsets");
    int last = 0;
    for (int i = 0; i <= n; i++) {
      if (i == 0 ? offsets[0] != 0 : offsets[i] < last) {
        throw malformed(
            String.format(
                "offset %d: expected %s, found %d",
                i, i == 0 ? "0" : last + " or more", offsets[i]));
      }
      last = offsets[i];
    }
    return offsets;
  }

  /** Returns a reader of a column that stands in this one behind its length. */
  ColumnReader nested(String name) {
    long length = part(Long.BYTES, "the length of " + name).getLong();
    if (length < 0) {
      throw malformed("the length of " + name + ": expected 0 or more, found " + length);
    }
    int start = part(length, name).position();
    return new ColumnReader(column + "." + name, bytes, start, position);
  }

  /** Requires that nothing follows. */
  void end() {
    if (position < end) {
      throw malformed(
          String.format("too long: expected its end, found %d more bytes", end - position));
    }
  }

  /** Returns the exception that says what is wrong with the column. */
  MalformedBlockException malformed(String what) {
    return new MalformedBlockException("column " + column + ": " + what);
  }
}
