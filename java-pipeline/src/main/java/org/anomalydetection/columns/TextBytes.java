package org.anomalydetection.columns;

import java.util.Arrays;

/** Texts as UTF-8, one behind the other. */
final class TextBytes {
  private static final int MOST_BYTES_OF_A_CHAR = 3;

  private byte[] bytes = new byte[1 << 12];
  private int size;

  void clear() {
    size = 0;
  }

  int size() {
    return size;
  }

  byte[] array() {
    return bytes;
  }

  /** Appends a value: a String as UTF-8, or bytes as they are. */
  void add(Object value) {
    if (value instanceof String text) {
      reserve((long) MOST_BYTES_OF_A_CHAR * text.length());
      size = Utf8.write(text, bytes, size);
    } else {
      byte[] more = (byte[]) value;
      reserve(more.length);
      System.arraycopy(more, 0, bytes, size, more.length);
      size += more.length;
    }
  }

  private void reserve(long more) {
    long needed = size + more;
    if (needed > bytes.length) {
      bytes =
          Arrays.copyOf(
              bytes, Math.toIntExact(Math.max(needed, Math.min(2L * bytes.length, 1 << 30))));
    }
  }
}
