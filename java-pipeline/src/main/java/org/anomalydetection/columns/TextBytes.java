package org.anomalydetection.columns;

import java.util.Arrays;

/** Texts as UTF-8, one behind the other. */
final class TextBytes {
  private static final int MOST_BYTES_OF_A_CHAR = 3;

  /** What is longer is not kept for other texts. */
  private static final int KEPT = 1 << 20;

  private byte[] bytes = new byte[64];
  private int size;

  int size() {
    return size;
  }

  byte[] array() {
    return bytes;
  }

  void clear() {
    size = 0;
    if (bytes.length > KEPT) {
      bytes = new byte[64];
    }
  }

  void truncate(int newSize) {
    size = newSize;
  }

  /**
   * Appends a value: a String as UTF-8, or bytes as they are.
   *
   * @throws UnsendableTextException if it cannot be written; nothing is appended then
   */
  void add(Object value) {
    if (value instanceof String text) {
      reserve((long) MOST_BYTES_OF_A_CHAR * text.length());
      size = Utf8.write(text, bytes, size);
    } else {
      byte[] more = (byte[]) value;
      add(more, 0, more.length);
    }
  }

  /** Appends a range of others. */
  void add(TextBytes others, int start, int end) {
    add(others.bytes, start, end);
  }

  private void add(byte[] more, int start, int end) {
    reserve(end - start);
    System.arraycopy(more, start, bytes, size, end - start);
    size += end - start;
  }

  private void reserve(long more) {
    long needed = size + more;
    if (needed > bytes.length) {
      long doubled = Math.min(2L * bytes.length, 1 << 30);
      bytes = Arrays.copyOf(bytes, Math.toIntExact(Math.max(needed, doubled)));
    }
  }
}
