package org.anomalydetection.output;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The parts of a JSON text in UTF-8, put one behind the other. The text is the one that Jackson
 * makes, in less time than it takes there: all output of a run goes through here.
 */
final class JsonBytes {
  private static final int FIRST_BYTES = 1 << 16;
  private static final int MOST_PER_CHARACTER = 6;
  private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);

  /** What follows a backslash in place of an ASCII character, 0 where it stands for itself. */
  private static final byte[] ESCAPES = escapes();

  private static final int SLOTS = 1 << 12;

  private byte[] bytes = new byte[FIRST_BYTES];
  private int size;

  /**
   * Numbers with their texts: many come again, and it takes long to find the digits of a double.
   */
  private final double[] numbers = new double[SLOTS];

  private final @Nullable String[] texts = new String[SLOTS];

  /** Returns how many bytes there are. */
  int size() {
    return size;
  }

  /** Returns what there is. */
  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  /** Begins anew. */
  void clear() {
    size = 0;
  }

  /** Writes what there is, and begins anew. */
  void moveTo(WritableByteChannel channel) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(bytes, 0, size);
    while (all.hasRemaining()) {
      channel.write(all);
    }
    clear();
  }

  /** Puts bytes as they are. */
  void raw(byte[] json) {
    reserve(json.length);
    System.arraycopy(json, 0, bytes, size, json.length);
    size += json.length;
  }

  /** Puts a text of ASCII characters as it is. */
  void raw(String json) {
    int length = json.length();
    reserve(length);
    for (int i = 0; i < length; i++) {
      bytes[size + i] = (byte) json.charAt(i);
    }
    size += length;
  }

  /** Puts a byte as it is. */
  void raw(char json) {
    reserve(1);
    bytes[size++] = (byte) json;
  }

  /** Puts a number of single precision, in the digits that tell it from others of those. */
  void number(float number) {
    raw(Float.isFinite(number) ? Float.toString(number) : '"' + Float.toString(number) + '"');
  }

  /**
   * Puts a number in the fewest digits that tell it from all others, as Java does from version 19
   * on, and before that except for some beyond 1e17. A number that is not finite is a text, since
   * JSON has no such numbers.
   */
  void number(double number) {
    int slot = (int) ((Double.doubleToRawLongBits(number) * 0x9e3779b97f4a7c15L) >>> 52);
    String text = texts[slot];
    if (text == null || Double.compare(numbers[slot], number) != 0) {
      text = NumberOutput.toString(number, true);
      text = Double.isFinite(number) ? text : '"' + text + '"';
      numbers[slot] = number;
      texts[slot] = text;
    }
    raw(text);
  }

  /** Puts a text in quotes. */
  void string(String text) {
    int length = text.length();
    reserve(Math.addExact(Math.multiplyExact(MOST_PER_CHARACTER, length), 2));
    byte[] target = bytes;
    int at = size;
    target[at++] = '"';
    int plain = 0;
    while (plain < length) {
      char c = text.charAt(plain);
      if (c >= ESCAPES.length || ESCAPES[c] != 0) {
        break;
      }
      target[at++] = (byte) c;
      plain++;
    }
    size = at;
    for (int i = plain; i < length; i++) {
      char c = text.charAt(i);
      if (c < ESCAPES.length) {
        ascii(c);
      } else if (!Character.isSurrogate(c)) {
        unicode(c);
      } else if (i + 1 < length && Character.isSurrogatePair(c, text.charAt(i + 1))) {
        unicode(Character.toCodePoint(c, text.charAt(++i)));
      } else {
        bytes[size++] = '?'; // as Java's encoder has it
      }
    }
    bytes[size++] = '"';
  }

  private void ascii(char c) {
    byte escape = ESCAPES[c];
    if (escape == 0) {
      bytes[size++] = (byte) c;
      return;
    }
    bytes[size++] = '\\';
    bytes[size++] = escape;
    if (escape == 'u') {
      bytes[size++] = '0';
      bytes[size++] = '0';
      bytes[size++] = HEX[c >> 4];
      bytes[size++] = HEX[c & 0xf];
    }
  }

  private void unicode(int point) {
    if (point < 0x800) {
      bytes[size++] = (byte) (0xc0 | point >> 6);
    } else if (point < 0x10000) {
      bytes[size++] = (byte) (0xe0 | point >> 12);
      bytes[size++] = (byte) (0x80 | (point >> 6 & 0x3f));
    } else {
      bytes[size++] = (byte) (0xf0 | point >> 18);
      bytes[size++] = (byte) (0x80 | (point >> 12 & 0x3f));
      bytes[size++] = (byte) (0x80 | (point >> 6 & 0x3f));
    }
    bytes[size++] = (byte) (0x80 | (point & 0x3f));
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), 2 * bytes.length));
    }
  }

  private static byte[] escapes() {
    byte[] escapes = new byte[128];
    Arrays.fill(escapes, 0, ' ', (byte) 'u');
    String named = "\"\"\\\\\bb\tt\nn\ff\rr";
    for (int i = 0; i < named.length(); i += 2) {
      escapes[named.charAt(i)] = (byte) named.charAt(i + 1);
    }
    return escapes;
  }
}
