package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.Schema.TypeName;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Numbers of a fixed width. */
final class NumberColumn extends ColumnCodec {
  private final FieldType fieldType;
  private final TypeName type;
  private final int width;

  NumberColumn(FieldType fieldType) {
    super(fieldType);
    this.fieldType = fieldType;
    this.type = fieldType.getTypeName();
    this.width =
        switch (type) {
          case DOUBLE, INT64 -> 8;
          case FLOAT, INT32 -> 4;
          case INT16 -> 2;
          default -> throw new IllegalArgumentException("no type of numbers: " + type);
        };
  }

  @Override
  ColumnBuilder builder() {
    return new Builder();
  }

  @Override
  @Nullable Object[] decodeValues(
      ColumnReader in, Header header, int n, boolean @Nullable [] present) {
    requireNoCount(in, header);
    ByteBuffer part = in.part((long) width * n, "numbers");
    @Nullable Object[] values = new Object[n];
    // Columns of one number, such as the threshold, share it.
    Object last = null;
    long lastBits = 0;
    for (int i = 0; i < n; i++) {
      long bits = next(part);
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

  private long next(ByteBuffer part) {
    return switch (width) {
      case 8 -> part.getLong();
      case 4 -> part.getInt();
      default -> part.getShort();
    };
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

  private long unboxed(Object value) {
    return switch (type) {
      case DOUBLE -> Double.doubleToRawLongBits((Double) value);
      case FLOAT -> Float.floatToRawIntBits((Float) value);
      case INT64 -> (Long) value;
      case INT32 -> (Integer) value;
      default -> (Short) value;
    };
  }

  private final class Builder extends ColumnBuilder {
    private long[] bits = new long[8];

    Builder() {
      super(fieldType);
    }

    @Override
    int addValue(Object value, int i) {
      return put(i, unboxed(value));
    }

    @Override
    int addNull(int i) {
      return put(i, 0);
    }

    private int put(int i, long value) {
      if (i == bits.length) {
        bits = Arrays.copyOf(bits, 2 * i);
      }
      bits[i] = value;
      return width;
    }

    @Override
    void remove(int i) {}

    @Override
    void reset() {}

    @Override
    Header writeValues(ColumnWriter out) {
      ByteBuffer part = out.part((long) width * size());
      for (int i = 0; i < size(); i++) {
        switch (width) {
          case 8 -> part.putLong(bits[i]);
          case 4 -> part.putInt((int) bits[i]);
          default -> part.putShort((short) bits[i]);
        }
      }
      return new Header(PLAIN, 0);
    }
  }
}
