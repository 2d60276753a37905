package org.anomalydetection.columns;

import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Booleans, a bit each. */
final class BooleanColumn extends ColumnCodec {
  BooleanColumn(FieldType type) {
    super(type);
  }

  @Override
  Header encodeValues(@Nullable Object[] values, ColumnWriter out) {
    bits(out.part((values.length + 7L) / 8), values, Boolean.TRUE);
    return Header.plain(0);
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
}
