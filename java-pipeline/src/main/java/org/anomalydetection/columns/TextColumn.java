package org.anomalydetection.columns;

import java.util.Arrays;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.schemas.Schema.TypeName;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Texts (STRING, as UTF-8) or BYTES, one behind the other or each as the code of one of a few. */
final class TextColumn extends ColumnCodec {
  private final FieldType type;
  private final boolean isText;
  private final @Nullable Integer layout;

  /** Packs in the layout that is shorter. */
  TextColumn(FieldType type) {
    this(type, null);
  }

  /** Packs in a layout, whatever the values. */
  TextColumn(FieldType type, @Nullable Integer layout) {
    super(type);
    this.type = type;
    this.isText = type.getTypeName() == TypeName.STRING;
    this.layout = layout;
  }

  @Override
  boolean hasDictionary() {
    return true;
  }

  @Override
  ColumnBuilder builder() {
    return new TextBuilder(type, layout);
  }

  @Override
  @Nullable Object[] decodeValues(
      ColumnReader in, Header header, int n, boolean @Nullable [] present) {
    if (header.layout() == PLAIN) {
      requireNoCount(in, header);
      return decodeTexts(in, in.offsets(n), present);
    }
    int d = header.count();
    if (d > n) {
      throw in.malformed("count: expected at most " + n + " different values, found " + d);
    }
    int[] offsets = in.offsets(d);
    @Nullable Object[] different = decodeTexts(in, offsets, null);
    int[] codes = in.ints(n, "codes");
    @Nullable Object[] values = new Object[n];
    long length = 0;
    for (int i = 0; i < n; i++) {
      int code = codes[i];
      if (present != null && !present[i]) {
        if (code != 0) {
          throw nullWith(in, i, "the code 0");
        }
      } else if (code < 0 || code >= d) {
        throw in.malformed(
            String.format("code of value %d: expected one below %d, found %d", i, d, code));
      } else {
        values[i] = different[code];
        length += offsets[code + 1] - offsets[code];
      }
    }
    if (length > Integer.MAX_VALUE) {
      throw in.malformed(
          String.format(
              "too long: expected values of at most %d bytes, found %d in all rows",
              Integer.MAX_VALUE, length));
    }
    return values;
  }

  private @Nullable Object[] decodeTexts(
      ColumnReader in, int[] offsets, boolean @Nullable [] present) {
    int n = offsets.length - 1;
    int start = in.part(offsets[n], "values").position();
    byte[] bytes = in.bytes();
    @Nullable Object[] values = new Object[n];
    for (int i = 0; i < n; i++) {
      int length = offsets[i + 1] - offsets[i];
      if (present != null && !present[i]) {
        if (length != 0) {
          throw nullWith(in, i, "nothing");
        }
        continue;
      }
      int from = start + offsets[i];
      if (isText) {
        values[i] = Utf8.read(bytes, from, length);
        if (values[i] == null) {
          throw in.malformed("value " + i + ": expected UTF-8 text, found other bytes");
        }
      } else {
        values[i] = Arrays.copyOfRange(bytes, from, from + length);
      }
    }
    return values;
  }
}
