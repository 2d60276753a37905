package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Packs the values of a column, which are those of a Row's field, and unpacks them. Header and
 * validity are the same for all types.
 */
abstract class ColumnCodec {
  static final int HEADER_BYTES = 8;

  /** Layouts, as the header says them. */
  static final int PLAIN = 0;

  static final int DICTIONARY = 1;

  private final boolean nullable;

  ColumnCodec(FieldType type) {
    this.nullable = Boolean.TRUE.equals(type.getNullable());
  }

  /**
   * Returns the codec of a type: numbers, BOOLEAN, STRING, BYTES, ARRAY of those or of rows of
   * those.
   *
   * @throws IllegalArgumentException if it is another type
   */
  static ColumnCodec of(FieldType type) {
    return switch (type.getTypeName()) {
      case DOUBLE, FLOAT, INT64, INT32, INT16 -> new NumberColumn(type);
      case BOOLEAN -> new BooleanColumn(type);
      case STRING, BYTES -> new TextColumn(type);
      case ARRAY -> ArrayColumn.of(type);
      default -> throw new IllegalArgumentException("there is no packed column of type " + type);
    };
  }

  /** Returns the codec of a column of the input, which can have any type. */
  static ColumnCodec ofInput(FieldType type) {
    return switch (type.getTypeName()) {
      case DOUBLE, FLOAT, INT64, INT32, INT16, BOOLEAN, STRING, BYTES -> of(type);
      default -> new OpaqueColumn(type);
    };
  }

  /** Returns a column without values, to be filled. */
  abstract ColumnBuilder builder();

  /**
   * Returns the values of a packed column.
   *
   * @param n how many there are
   * @throws MalformedBlockException if it is not of the form
   */
  final @Nullable Object[] decode(ColumnReader in, int n) {
    ByteBuffer header = in.part(HEADER_BYTES, "header");
    int layout = header.get();
    int validity = header.get();
    int gap = header.getShort();
    int count = header.getInt();
    if (validity < 0 || validity > 1 || gap != 0) {
      throw in.malformed(
          String.format(
              "header: expected 0 or 1 for validity and 0 behind it, found %d and %d",
              validity, gap));
    }
    if (layout != PLAIN && !(hasDictionary() && layout == DICTIONARY)) {
      throw in.malformed(
          "layout: expected " + (hasDictionary() ? "0 or 1" : "0") + ", found " + layout);
    }
    if (count < 0) {
      throw in.malformed("count: expected 0 or more, found " + count);
    }
    boolean[] present = validity == 1 ? in.bits(n, "validity") : null;
    if (present != null && !nullable) {
      for (int i = 0; i < n; i++) {
        if (!present[i]) {
          throw in.malformed("value " + i + ": expected one, found a null");
        }
      }
    }
    @Nullable Object[] values = decodeValues(in, new Header(layout, count), n, present);
    in.end();
    return values;
  }

  /**
   * Reads what follows the validity.
   *
   * @param present which of the n values are no nulls, null for all
   */
  abstract @Nullable Object[] decodeValues(
      ColumnReader in, Header header, int n, boolean @Nullable [] present);

  /** Tells whether the type knows the layout of that name. */
  boolean hasDictionary() {
    return false;
  }

  /** Requires a header's count of 0. */
  static void requireNoCount(ColumnReader in, Header header) {
    if (header.count() != 0) {
      throw in.malformed("count: expected 0, found " + header.count());
    }
  }

  /** Returns the exception for a null behind which something stands. */
  static MalformedBlockException nullWith(ColumnReader in, int i, String nothing) {
    return in.malformed("value " + i + ": expected " + nothing + " for a null, found another");
  }

  /** What the header says of the values: their layout, and a number that depends on it. */
  record Header(int layout, int count) {}
}
