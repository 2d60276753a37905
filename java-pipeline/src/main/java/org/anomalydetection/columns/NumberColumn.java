package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.Schema.TypeName;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Numbers of a fixed width. */
final class NumberColumn extends ColumnCodec {
  private final TypeName type;
  private final int width;

  NumberColumn(FieldType type) {
    super(type);
    this.type = type.getTypeName();
    this.width =
        switch (this.type) {
          case DOUBLE, INT64 -> 8;
          case FLOAT, INT32 -> 4;
          case INT16 -> 2;
          default -> throw new IllegalArgumentException("no type of numbers: " + type);
        };
  }

  @Override
  Header encodeValues(@Nullable Object[] values, ColumnWriter out) {
    ByteBuffer part = out.part((long) width * values.length);
    int start = part.position();
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      if (value == null) {
        continue;
      }
      int at = start + width * i;
      switch (type) {
        case DOUBLE -> part.putDouble(at, (Double) value);
        case FLOAT -> part.putFloat(at, (Float) value);
        case INT64 -> part.putLong(at, (Long) value);
        case INT32 -> part.putInt(at, (Integer) value);
        default -> part.putShort(at, (Short) value);
      }
    }
    return Header.plain(0);
  }

  @Override
  @Nullable Object[] decodeValues(
      ColumnReader in, Header header, int n, boolean @Nullable [] present) {
    requireNoCount(in, header);
    ByteBuffer part = in.part((long) width * n, "numbers");
    int start = part.position();
    @Nullable Object[] values = new Object[n];
    // Columns of one number, such as the threshold, share it.
    Object last = null;
    long lastBits = 0;
    for (int i = 0; i < n; i++) {
      int at = start + width * i;
      long bits =
          switch (width) {
            case 8 -> part.getLong(at);
            case 4 -> part.getInt(at);
            default -> part.getShort(at);
          };
      if (present != null && !present[i]) {
        if (bits != 0) {
          throw nullWith(in, i, "0");
        }
        continue;
      }
      if (last == null || bits != lastBits) {
        last = boxed(bits);
        lastBits = bits;
      }
      values[i] = last;
    }
    return values;
  }

  private Object boxed(long bits) {
    return switch (type) {
      case DOUBLE -> Double.longBitsToDouble(bits);
      case FLOAT -> Float.intBitsToFloat((int) bits);
      case INT64 -> bits;
      case INT32 -> (int) bits;
      default -> (short) bits;
    };
  }
}
