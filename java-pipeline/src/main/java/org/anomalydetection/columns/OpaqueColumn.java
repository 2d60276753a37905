package org.anomalydetection.columns;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Values that only this side understands: each as BYTES, a checksum and a row of the one field by
 * Beam's coder, which takes no care of bytes that are not its own.
 */
final class OpaqueColumn extends ColumnCodec {
  private final FieldType type;
  private final Schema schema;
  private final RowCoder coder;
  private final TextColumn column;

  OpaqueColumn(FieldType type) {
    super(type);
    this.type = type;
    this.schema = Schema.of(Schema.Field.of("value", type.withNullable(false)));
    this.coder = RowCoder.of(schema);
    this.column = new TextColumn(FieldType.BYTES.withNullable(true));
  }

  @Override
  boolean hasDictionary() {
    return true;
  }

  @Override
  ColumnBuilder builder() {
    return new Builder(type);
  }

  private byte[] encoded(Object value) {
    try {
      Row row = Row.withSchema(schema).attachValues(Arrays.asList(value));
      byte[] bytes = CoderUtils.encodeToByteArray(coder, row);
      return ByteBuffer.allocate(Integer.BYTES + bytes.length)
          .putInt(checksum(bytes, 0))
          .put(bytes)
          .array();
    } catch (CoderException e) {
      throw new IllegalArgumentException("a value that Beam's coder cannot encode", e);
    }
  }

  @Override
  @Nullable Object[] decodeValues(
      ColumnReader in, Header header, int n, boolean @Nullable [] present) {
    @Nullable Object[] encoded = column.decodeValues(in, header, n, present);
    @Nullable Object[] values = new Object[n];
    for (int i = 0; i < n; i++) {
      if (encoded[i] instanceof byte[] bytes) {
        values[i] = decoded(in, i, bytes);
      }
    }
    return values;
  }

  private Object decoded(ColumnReader in, int i, byte[] bytes) {
    if (bytes.length < Integer.BYTES
        || ByteBuffer.wrap(bytes).getInt() != checksum(bytes, Integer.BYTES)) {
      throw in.malformed("value " + i + ": expected the bytes that were sent, found others");
    }
    try {
      return coder
          .decode(new ByteArrayInputStream(bytes, Integer.BYTES, bytes.length - Integer.BYTES))
          .getValue(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int checksum(byte[] bytes, int start) {
    CRC32 checksum = new CRC32();
    checksum.update(bytes, start, bytes.length - start);
    return (int) checksum.getValue();
  }

  private final class Builder extends ColumnBuilder {
    private final ColumnBuilder bytes = column.builder();

    Builder(FieldType type) {
      super(type);
    }

    @Override
    int addValue(Object value, int i) {
      BadText.check(value);
      return bytes.add(encoded(value));
    }

    @Override
    int addNull(int i) {
      return bytes.add(null);
    }

    @Override
    void remove(int i) {
      bytes.removeLast();
    }

    @Override
    void reset() {
      bytes.clear();
    }

    @Override
    Header writeValues(ColumnWriter out) {
      return bytes.writeValues(out);
    }
  }
}
