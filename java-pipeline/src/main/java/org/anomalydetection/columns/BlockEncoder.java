package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.anomalydetection.contract.Contract;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Makes blocks of rows. */
final class BlockEncoder {
  private final Schema rows;
  private final Schema block;
  private final ColumnCodec[] codecs;
  private final int[] ofAnyLength;
  private final ColumnWriter out = new ColumnWriter();

  /**
   * @param rows the schema of the rows
   */
  BlockEncoder(Schema rows) {
    this.rows = rows;
    this.block = Blocks.sent(rows.getFieldCount());
    this.codecs =
        rows.getFields().stream()
            .map(field -> ColumnCodec.ofInput(field.getType()))
            .toArray(ColumnCodec[]::new);
    this.ofAnyLength =
        IntStream.range(0, codecs.length).filter(i -> codecs[i].hasDictionary()).toArray();
  }

  /** Returns about how many bytes the texts of a row have. */
  long textLength(Row row) {
    long length = 0;
    for (int i : ofAnyLength) {
      length += length(row.getValue(i));
    }
    return length;
  }

  private static long length(@Nullable Object value) {
    if (value instanceof String text) {
      return text.length();
    }
    if (value instanceof byte[] bytes) {
      return bytes.length;
    }
    if (value instanceof Row row) {
      return length(row.getValues());
    }
    if (value instanceof Map<?, ?> map) {
      return length(map.keySet()) + length(map.values());
    }
    if (value instanceof Collection<?> items) {
      return items.stream().mapToLong(BlockEncoder::length).sum();
    }
    return value == null ? 0 : Long.BYTES;
  }

  /**
   * Returns the block of rows.
   *
   * @throws UnsendableTextException if there is a text that {@link BadText} finds
   * @throws IllegalArgumentException if there is a null where the schema has none
   */
  Row encode(RowGroup group) {
    int n = group.size();
    @Nullable Object[][] columns = new Object[codecs.length][n];
    for (int i = 0; i < n; i++) {
      Row row = group.rows().get(i);
      for (int c = 0; c < columns.length; c++) {
        columns[c][i] = row.getValue(c);
      }
    }
    List<Object> values = new ArrayList<>(block.getFieldCount());
    values.add((long) Contract.BLOCKS_VERSION);
    values.add((long) n);
    out.clear();
    ByteBuffer timestamps = out.part((long) Long.BYTES * n);
    for (int i = 0; i < n; i++) {
      timestamps.putLong(group.timestamp(i));
    }
    values.add(out.toByteArray());
    for (int c = 0; c < columns.length; c++) {
      out.clear();
      try {
        codecs[c].encode(columns[c], out);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "column " + rows.getField(c).getName() + ": " + e.getMessage(), e);
      }
      values.add(out.toByteArray());
      // Done with: what is collected early costs least.
      Arrays.fill(columns[c], null);
    }
    return Row.withSchema(block).attachValues(values);
  }
}
