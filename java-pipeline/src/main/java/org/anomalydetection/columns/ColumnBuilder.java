package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A packed column as it grows, value by value. Header and validity are the same for all types. To
 * be used again and again.
 */
abstract class ColumnBuilder {
  private final boolean nullable;
  private final BitSet nulls = new BitSet();
  private int size;
  private int nullCount;

  ColumnBuilder(FieldType type) {
    this.nullable = Boolean.TRUE.equals(type.getNullable());
  }

  /**
   * Adds a value, or nothing if there is an exception.
   *
   * @return about how many bytes the column grows by, not counting that equal ones may be shared
   * @throws IllegalArgumentException if it is null and the schema says that none is
   * @throws UnsendableTextException if it cannot be written
   */
  final int add(@Nullable Object value) {
    int growth;
    if (value != null) {
      growth = addValue(value, size);
    } else if (nullable) {
      growth = addNull(size);
      nulls.set(size);
      nullCount++;
    } else {
      throw new IllegalArgumentException(
          "expected a value, found a null where the schema has none");
    }
    size++;
    return growth;
  }

  /** Takes the value out that was added last, and that only once. */
  final void removeLast() {
    size--;
    if (nulls.get(size)) {
      nulls.clear(size);
      nullCount--;
    }
    remove(size);
  }

  /** Returns how many values there are. */
  final int size() {
    return size;
  }

  /** Returns how many values are no nulls. */
  final int present() {
    return size - nullCount;
  }

  /** Tells whether a value is null. */
  final boolean isNull(int i) {
    return nullCount > 0 && nulls.get(i);
  }

  /** Forgets all values. */
  final void clear() {
    size = 0;
    nullCount = 0;
    nulls.clear();
    reset();
  }

  /** Appends the column. */
  final void write(ColumnWriter out) {
    int start = out.part(ColumnCodec.HEADER_BYTES).position();
    if (nullCount > 0) {
      ByteBuffer validity = out.part((size + 7) / 8);
      for (int i = 0; i < size; i++) {
        if (!nulls.get(i)) {
          setBit(validity, i);
        }
      }
    }
    ColumnCodec.Header header = writeValues(out);
    out.view(start, ColumnCodec.HEADER_BYTES)
        .put((byte) header.layout())
        .put((byte) (nullCount > 0 ? 1 : 0))
        .putShort((short) 0)
        .putInt(header.count());
  }

  /** Sets the i-th bit of a part. */
  static void setBit(ByteBuffer part, int i) {
    int at = part.position() + (i >> 3);
    part.put(at, (byte) (part.get(at) | 1 << (i & 7)));
  }

  /** Adds the i-th value. */
  abstract int addValue(Object value, int i);

  /** Adds what stands for a null as the i-th value. */
  abstract int addNull(int i);

  /** Takes out the i-th value, which is the last. */
  abstract void remove(int i);

  /** Forgets all values. */
  abstract void reset();

  /** Writes what follows the validity, and returns what the header says of it. */
  abstract ColumnCodec.Header writeValues(ColumnWriter out);
}
