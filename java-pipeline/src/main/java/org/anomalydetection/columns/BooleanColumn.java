package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Booleans, a bit each. */
final class BooleanColumn extends ColumnCodec {
  private final FieldType type;

  BooleanColumn(FieldType type) {
    super(type);
    this.type = type;
  }

  @Override
  ColumnBuilder builder() {
    return new Builder(type);
  }

  @Override
  @Nullable Object[] decodeValues(
      ColumnReader in, Header header, int n, boolean @Nullable [] present) {
    requireNoCount(in, header);
    boolean[] bits = in.bits(n, "values");
    @Nullable Object[] values = new Object[n];
    for (int i = 0; i < n; i++) {
      if (present == null || present[i]) {
        values[i] = bits[i];
      } else if (bits[i]) {
        throw nullWith(in, i, "0");
      }
    }
    return values;
  }

  private static final class Builder extends ColumnBuilder {
    private final BitSet bits = new BitSet();

    Builder(FieldType type) {
      super(type);
    }

    @Override
    int addValue(Object value, int i) {
      bits.set(i, (Boolean) value);
      return 0;
    }

    @Override
    int addNull(int i) {
      bits.clear(i);
      return 0;
    }

    @Override
    void remove(int i) {}

    @Override
    void reset() {}

    @Override
    Header writeValues(ColumnWriter out) {
      ByteBuffer part = out.part((size() + 7) / 8);
      for (int i = 0; i < size(); i++) {
        if (bits.get(i)) {
          setBit(part, i);
        }
      }
      return new Header(PLAIN, 0);
    }
  }
}
