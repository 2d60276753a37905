package org.anomalydetection.csv;

import java.util.Arrays;
import java.util.Optional;
import org.anomalydetection.contract.CellKind;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The values of a column by the bytes of its cells. Most columns hold few different values, so a
 * cell whose bytes were seen a while ago gets the value that was made then: nothing is parsed
 * again, and equal values are one object. A column of ever new values soon does without.
 */
final class ColumnValues {
  private static final int SLOTS = 1 << 12;

  /** So many cells are looked at before it is said whether looking pays, again and again. */
  private static final int TRIAL = 1 << 13;

  private static final int LEAST_HITS = TRIAL / 4;

  /** Longer cells are hardly ever equal, and would take much memory. */
  private static final int MOST_BYTES = 128;

  private final CellKind kind;
  private byte @Nullable [][] keys = new byte[SLOTS][];
  private @Nullable Object[] values = new Object[SLOTS];
  private boolean remembering = true;
  private int looks;
  private int hits;

  ColumnValues(CellKind kind) {
    this.kind = kind;
  }

  /** Returns the value of a cell that is not empty, or null when it is not of the column's kind. */
  @Nullable Object read(byte[] bytes, int begin, int end) {
    if (!remembering || end - begin > MOST_BYTES) {
      return parse(bytes, begin, end);
    }
    int hash = 0;
    for (int i = begin; i < end; i++) {
      hash = 31 * hash + bytes[i];
    }
    int slot = (hash ^ (hash >>> 12) ^ (hash >>> 24)) & (SLOTS - 1);
    byte[] key = keys[slot];
    if (++looks == TRIAL) {
      judge();
    } else if (key != null && Arrays.equals(key, 0, key.length, bytes, begin, end)) {
      hits++;
      return values[slot];
    }
    Object value = parse(bytes, begin, end);
    if (value != null && remembering) {
      keys[slot] = Arrays.copyOfRange(bytes, begin, end);
      values[slot] = value;
    }
    return value;
  }

  private void judge() {
    remembering = hits >= LEAST_HITS;
    looks = 0;
    hits = 0;
    if (!remembering) {
      keys = new byte[0][];
      values = new Object[0];
    }
  }

  private @Nullable Object parse(byte[] bytes, int begin, int end) {
    return Optional.ofNullable(Cell.decode(bytes, begin, end)).flatMap(kind::parse).orElse(null);
  }
}
