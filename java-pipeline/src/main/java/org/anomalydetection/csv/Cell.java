package org.anomalydetection.csv;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The bytes of a cell. They are decoded cell by cell, so that one that is not UTF-8 spoils neither
 * its neighbors nor what is reported of it.
 */
public final class Cell {
  private static final char REPLACEMENT = '\ufffd';

  private final byte[] bytes;
  private final @Nullable String text;

  private Cell(byte[] bytes, @Nullable String text) {
    this.bytes = bytes;
    this.text = text;
  }

  /** Returns the cell of these bytes. */
  public static Cell of(byte[] bytes) {
    return new Cell(bytes, decode(bytes, 0, bytes.length));
  }

  /** Returns the text of bytes, or nothing when they are not UTF-8. */
  static @Nullable String decode(byte[] bytes, int begin, int end) {
    String text = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) < 0) {
      return text;
    }
    // It stands in the bytes, or for some that are none.
    try {
      ByteBuffer part = ByteBuffer.wrap(bytes, begin, end - begin);
      return StandardCharsets.UTF_8.newDecoder().decode(part).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Tells whether nothing stands in the cell: a missing value. */
  boolean isEmpty() {
    return bytes.length == 0;
  }

  /** Returns the text, or nothing when the bytes are not UTF-8. */
  public Optional<String> text() {
    return Optional.ofNullable(text);
  }

  /** Returns the text with each byte that is not UTF-8 as {@code \xNN}. */
  public String readable() {
    if (text != null) {
      return text;
    }
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(4 * bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    while (result.isError()) {
      for (int i = 0; i < result.length(); i++) {
        out.put(String.format(Locale.ROOT, "\\x%02x", in.get() & 0xff));
      }
      result = decoder.decode(in, out, true);
    }
    return out.flip().toString();
  }

  /** Returns the cell as it stands in the JSON of an error. */
  @Nullable Object json() {
    if (isEmpty()) {
      return null;
    }
    return text != null ? text : Map.of("base64", Base64.getEncoder().encodeToString(bytes));
  }
}
