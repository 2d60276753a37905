package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.anomalydetection.contract.Contract;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;

/** A block as it grows, row by row. To be used again and again. */
final class BlockBuilder {
  private final Schema rows;
  private final Schema block;
  private final ColumnBuilder[] columns;
  private final ColumnWriter out = new ColumnWriter();
  private long[] timestamps = new long[8];
  private int size;
  private long bytes;
  private long earliest;

  /**
   * @param rows the schema of the rows
   * @param codecs how their fields are packed
   */
  BlockBuilder(Schema rows, List<ColumnCodec> codecs) {
    this.rows = rows;
    this.block = Blocks.sent(rows.getFieldCount());
    this.columns = codecs.stream().map(ColumnCodec::builder).toArray(ColumnBuilder[]::new);
    clear();
  }

  /**
   * Adds a row.
   *
   * @param timestamp in milliseconds since 1970
   * @return whether it was added; it is not if there is a text that {@link BadText} finds
   * @throws IllegalArgumentException if there is a null where the schema has none
   */
  boolean add(Row row, long timestamp) {
    long growth = Long.BYTES;
    for (int c = 0; c < columns.length; c++) {
      try {
        growth += columns[c].add(row.getValue(c));
      } catch (UnsendableTextException e) {
        for (int before = 0; before < c; before++) {
          columns[before].removeLast();
        }
        return false;
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "column " + rows.getField(c).getName() + ": " + e.getMessage(), e);
      }
    }
    if (size == timestamps.length) {
      timestamps = Arrays.copyOf(timestamps, 2 * size);
    }
    timestamps[size++] = timestamp;
    bytes += growth;
    earliest = Math.min(earliest, timestamp);
    return true;
  }

  /** Returns how many rows there are. */
  int size() {
    return size;
  }

  /** Returns about how many bytes the block has. */
  long bytes() {
    return bytes;
  }

  /** Returns the earliest timestamp of a row. */
  long earliest() {
    return earliest;
  }

  /** Returns the block of all rows. */
  Row build() {
    List<Object> values = new ArrayList<>(block.getFieldCount());
    values.add((long) Contract.BLOCKS_VERSION);
    values.add((long) size);
    out.clear();
    ByteBuffer part = out.part((long) Long.BYTES * size);
    for (int i = 0; i < size; i++) {
      part.putLong(timestamps[i]);
    }
    values.add(out.toByteArray());
    for (ColumnBuilder column : columns) {
      out.clear();
      column.write(out);
      values.add(out.toByteArray());
    }
    return Row.withSchema(block).attachValues(values);
  }

  /** Forgets all rows. */
  void clear() {
    for (ColumnBuilder column : columns) {
      column.clear();
    }
    size = 0;
    bytes = 0;
    earliest = Long.MAX_VALUE;
  }
}
