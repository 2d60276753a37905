package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Texts as UTF-8 and back, exactly: the JDK puts another character in place of what it cannot write
 * or read.
 */
public final class Utf8 {
  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  /**
   * Writes a text to where there are at least three bytes for each of its chars.
   *
   * @return the position behind it
   * @throws UnsendableTextException if half of a surrogate pair stands in it
   */
  static int write(String text, byte[] to, int start) {
    int length = text.length();
    int at = start;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        return writeFrom(text, i, to, at, false);
      }
      to[at++] = (byte) c;
    }
    return at;
  }

  /** Returns a text as UTF-8 in which halves of surrogate pairs stand as other characters do. */
  public static byte[] loose(String text) {
    byte[] bytes = new byte[3 * text.length()];
    return Arrays.copyOf(bytes, writeFrom(text, 0, bytes, 0, true));
  }

  private static int writeFrom(String text, int first, byte[] to, int start, boolean halves) {
    int at = start;
    int c;
    for (int i = first; i < text.length(); i += Character.charCount(c)) {
      c = text.codePointAt(i);
      if (c < 0x80) {
        to[at++] = (byte) c;
      } else if (c < 0x800) {
        to[at++] = (byte) (0xC0 | c >> 6);
        to[at++] = further(c);
      } else if (c < 0x10000) {
        if (!halves && isHalf(c)) {
          throw new UnsendableTextException();
        }
        to[at++] = (byte) (0xE0 | c >> 12);
        to[at++] = further(c >> 6);
        to[at++] = further(c);
      } else {
        to[at++] = (byte) (0xF0 | c >> 18);
        to[at++] = further(c >> 12);
        to[at++] = further(c >> 6);
        to[at++] = further(c);
      }
    }
    return at;
  }

  private static byte further(int bits) {
    return (byte) (0x80 | (bits & 0x3F));
  }

  /** Returns the text of bytes, null if they are not UTF-8. */
  static @Nullable String read(byte[] bytes, int start, int length) {
    String text = new String(bytes, start, length, StandardCharsets.UTF_8);
    if (text.indexOf(REPLACEMENT) < 0) {
      return text;
    }
    try {
      // It may have stood there.
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, start, length))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Tells whether a text can be written. */
  static boolean canWrite(String text) {
    int c;
    for (int i = 0; i < text.length(); i += Character.charCount(c)) {
      c = text.codePointAt(i);
      if (isHalf(c)) {
        return false;
      }
    }
    return true;
  }

  /** Returns a text with each half of a surrogate pair as an escape of six characters. */
  static String readable(String text) {
    StringBuilder readable = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (isHalf(c)) {
                readable.append(String.format("\\u%04x", c));
              } else {
                readable.appendCodePoint(c);
              }
            });
    return readable.toString();
  }

  private static boolean isHalf(int c) {
    return c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
  }
}
