package org.anomalydetection.columns;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.ObjLongConsumer;
import org.anomalydetection.contract.Contract;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Makes scored rows of the blocks that come back. */
final class BlockDecoder {
  private static final String ID = ContractSchema.SCORED.getField(0).getName();

  private static final long LATEST = BoundedWindow.TIMESTAMP_MAX_VALUE.getMillis();

  private final Schema rows;
  private final List<String> names;
  private final ColumnCodec[] codecs;

  /** Whether a column has a value for each row of the block, and not for each that was scored. */
  private final boolean[] isSent;

  /**
   * @param rows the schema of the scored rows: the contract's fields, then those kept
   */
  BlockDecoder(Schema rows) {
    int own = ContractSchema.SCORED.getFieldCount();
    int columns = rows.getFieldCount();
    this.rows = rows;
    this.names = Blocks.columns(columns - own);
    this.codecs = new ColumnCodec[columns];
    this.isSent = new boolean[columns];
    for (int c = 0; c < columns; c++) {
      FieldType type = rows.getField(c).getType();
      boolean isId = names.get(c).equals(ID);
      isSent[c] = isId || c >= own;
      // A row in error may have no id.
      codecs[c] =
          c < own
              ? ColumnCodec.of(isId ? type.withNullable(true) : type)
              : ColumnCodec.ofInput(type);
    }
  }

  /**
   * Hands over the scored rows of a block, each with its timestamp in milliseconds since 1970.
   *
   * @param earliest the block's own timestamp
   * @throws MalformedBlockException if it is not of the form of {@code contract/columns.md}
   */
  void decode(Row block, long earliest, ObjLongConsumer<Row> out) {
    int n = size(block);
    ByteBuffer timestamps = timestamps(block, n, earliest);
    ColumnReader bits = reader(block, Blocks.SCORED);
    boolean[] isScored = bits.bits(n, "rows that were scored");
    bits.end();
    int m = 0;
    for (boolean scored : isScored) {
      m += scored ? 1 : 0;
    }
    @Nullable Object[][] columns = new Object[codecs.length][];
    for (int c = 0; c < columns.length; c++) {
      columns[c] = codecs[c].decode(reader(block, names.get(c)), isSent[c] ? n : m);
    }
    int scored = 0;
    for (int i = 0; i < n; i++) {
      if (!isScored[i]) {
        continue;
      }
      @Nullable Object[] values = new Object[columns.length];
      for (int c = 0; c < values.length; c++) {
        values[c] = columns[c][isSent[c] ? i : scored];
      }
      if (values[0] == null) {
        throw new MalformedBlockException(
            "column " + ID + ": value " + i + ": expected an id, found a null");
      }
      scored++;
      out.accept(
          Row.withSchema(rows).attachValues(Arrays.asList(values)),
          timestamps.getLong(Long.BYTES * i));
    }
  }

  private static int size(Row block) {
    long version = number(block, Blocks.VERSION);
    if (version != Contract.BLOCKS_VERSION) {
      throw new MalformedBlockException(
          String.format("version: expected %d, found %d", Contract.BLOCKS_VERSION, version));
    }
    long rows = number(block, Blocks.ROWS);
    if (rows < 1 || rows > Contract.MOST_BLOCK_ROWS) {
      throw new MalformedBlockException(
          String.format("rows: expected 1 to %d, found %d", Contract.MOST_BLOCK_ROWS, rows));
    }
    return (int) rows;
  }

  private static ByteBuffer timestamps(Row block, int n, long earliest) {
    ColumnReader in = reader(block, Blocks.TIMESTAMPS);
    ByteBuffer timestamps = in.part((long) Long.BYTES * n, "timestamps").slice();
    timestamps.order(ByteOrder.LITTLE_ENDIAN);
    in.end();
    for (int i = 0; i < n; i++) {
      long timestamp = timestamps.getLong(Long.BYTES * i);
      if (timestamp < earliest || timestamp > LATEST) {
        throw in.malformed(
            String.format(
                "value %d: expected %d, which is the block's own, to %d, found %d",
                i, earliest, LATEST, timestamp));
      }
    }
    return timestamps;
  }

  private static long number(Row block, String name) {
    if (block.getSchema().hasField(name) && block.getValue(name) instanceof Long number) {
      return number;
    }
    throw new MalformedBlockException(name + ": expected an INT64, found none");
  }

  private static ColumnReader reader(Row block, String name) {
    if (block.getSchema().hasField(name) && block.getValue(name) instanceof byte[] bytes) {
      return new ColumnReader(name, bytes);
    }
    throw new MalformedBlockException("column " + name + ": expected BYTES, found none");
  }
}
