package org.anomalydetection.columns;

import java.util.Arrays;
import org.checkerframework.checker.nullness.qual.Nullable;

/** The different values of a column, in the order they come first, and for each row which it is. */
final class Dictionary {
  /** So many values are looked at before it is given up. */
  private static final int TRIAL = 256;

  /** So many different values in a row of slots come of hashes that were made to be equal. */
  private static final int MOST_PROBES = 256;

  private final int[] codes;
  private Object[] values;
  private int size;
  private final int[] slots;
  private final int shift;

  private Dictionary(int n, int most) {
    int bits = 32 - Integer.numberOfLeadingZeros(Math.max(1, 2 * most - 1));
    this.codes = new int[n];
    this.values = new Object[Math.min(most, 16)];
    this.slots = new int[1 << bits];
    this.shift = 32 - bits;
  }

  /**
   * Returns the dictionary of texts or byte arrays; nulls have the code 0.
   *
   * @param always also if it does not pay
   * @return null if more than half of the values are different, which shows early
   */
  static @Nullable Dictionary of(@Nullable Object[] all, boolean always) {
    int most = always ? all.length : Math.max(Math.min(TRIAL, all.length), all.length / 2);
    Dictionary dictionary = new Dictionary(all.length, most + 1);
    int nulls = 0;
    for (int i = 0; i < all.length; i++) {
      Object value = all[i];
      if (value == null) {
        nulls++;
        continue;
      }
      int code = dictionary.code(value, always ? Integer.MAX_VALUE : MOST_PROBES);
      if (code < 0 || (!always && i >= TRIAL && 2 * dictionary.size > i - nulls + 1)) {
        return null;
      }
      dictionary.codes[i] = code;
    }
    boolean pays = dictionary.size > 0 && 2 * dictionary.size <= all.length - nulls;
    return always || pays ? dictionary : null;
  }

  /** Returns for each row the place of its value. */
  int[] codes() {
    return codes;
  }

  /** Returns the different values, with nulls behind them. */
  @Nullable Object[] values() {
    return values;
  }

  /** Returns how many different values there are. */
  int size() {
    return size;
  }

  private int code(Object value, int mostProbes) {
    int slot = (hash(value) * 0x9E3779B9) >>> shift;
    for (int probes = 0; slots[slot] != 0; probes++) {
      int code = slots[slot] - 1;
      if (equal(values[code], value)) {
        return code;
      }
      if (probes > mostProbes) {
        return -1;
      }
      slot = slot + 1 & slots.length - 1;
    }
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = value;
    slots[slot] = size;
    return size - 1;
  }

  private static int hash(Object value) {
    return value instanceof String ? value.hashCode() : Arrays.hashCode((byte[]) value);
  }

  private static boolean equal(Object a, Object b) {
    return a instanceof String ? a.equals(b) : Arrays.equals((byte[]) a, (byte[]) b);
  }
}
