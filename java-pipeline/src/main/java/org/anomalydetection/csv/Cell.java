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
 * The bytes of a cell. The parser reads a file as ISO-8859-1, one character for each byte, so that
 * a cell that is not UTF-8 spoils neither its neighbors nor what is reported of it.
 */
public final class Cell {
  private final byte[] bytes;
  private final @Nullable String text;

  private Cell(byte[] bytes, @Nullable String text) {
    this.bytes = bytes;
    this.text = text;
  }

  /** Returns the cell of a text that was read as ISO-8859-1. */
  static Cell ofBytes(String latin) {
    byte[] bytes = latin.getBytes(StandardCharsets.ISO_8859_1);
    try {
      return new Cell(
          bytes, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return new Cell(bytes, null);
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
