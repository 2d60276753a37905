package org.anomalydetection.columns;

import java.util.Arrays;

/** Different texts or byte arrays in the order they come, and the place of each. */
final class Dictionary {
  /** So many in a row whose slots are taken come of values that were made to have one hash. */
  private static final int MOST_PROBES = 256;

  private final TextBytes bytes = new TextBytes();
  private int[] ends = new int[8];
  private Object[] values = new Object[8];
  private int[] hashes = new int[8];
  private int size;

  /** At the slot of a value's hash, or the next that was free, its place and 1. */
  private int[] slots = new int[32];

  private int lastSlot;

  /** Returns how many there are. */
  int size() {
    return size;
  }

  /** Returns them as UTF-8, one behind the other. */
  TextBytes bytes() {
    return bytes;
  }

  /** Returns where each ends. */
  int[] ends() {
    return ends;
  }

  /** Returns where one begins. */
  int start(int code) {
    return code == 0 ? 0 : ends[code - 1];
  }

  /** Returns where one ends. */
  int end(int code) {
    return ends[code];
  }

  /**
   * Returns the place of a value, which is added where it is new.
   *
   * @return -1 if it would take too long to find one
   * @throws UnsendableTextException if it is new and cannot be written
   */
  int code(Object value) {
    int hash = value instanceof String ? value.hashCode() : Arrays.hashCode((byte[]) value);
    int slot = slot(hash);
    for (int probes = 0; slots[slot] != 0; probes++) {
      int code = slots[slot] - 1;
      if (probes == MOST_PROBES) {
        return -1;
      }
      if (hashes[code] == hash && equal(values[code], value)) {
        return code;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
    bytes.add(value);
    if (size == values.length) {
      ends = Arrays.copyOf(ends, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
      hashes = Arrays.copyOf(hashes, 2 * size);
    }
    ends[size] = bytes.size();
    values[size] = value;
    hashes[size] = hash;
    size++;
    if (2 * size > slots.length) {
      slots = new int[4 * slots.length];
      for (int code = 0; code < size; code++) {
        place(code);
      }
    } else {
      slots[slot] = size;
      lastSlot = slot;
    }
    return size - 1;
  }

  private void place(int code) {
    int slot = slot(hashes[code]);
    while (slots[slot] != 0) {
      slot = (slot + 1) & (slots.length - 1);
    }
    slots[slot] = code + 1;
    lastSlot = slot;
  }

  private int slot(int hash) {
    // The upper bits of the product depend on all bits of the hash.
    return (hash * 0x9E3779B9) >>> (Integer.numberOfLeadingZeros(slots.length) + 1);
  }

  /** Takes the value out that was added last, and that only once. */
  void removeLast() {
    size--;
    slots[lastSlot] = 0;
    values[size] = null;
    bytes.truncate(start(size));
  }

  void clear() {
    Arrays.fill(values, 0, size, null);
    Arrays.fill(slots, 0);
    bytes.clear();
    size = 0;
  }

  private static boolean equal(Object a, Object b) {
    return a instanceof String ? a.equals(b) : Arrays.equals((byte[]) a, (byte[]) b);
  }
}
