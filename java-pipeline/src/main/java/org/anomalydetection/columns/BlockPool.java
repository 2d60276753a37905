package org.anomalydetection.columns;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.beam.sdk.schemas.Schema;

/** Blocks to be filled, a few of which are kept to be filled again. */
final class BlockPool {
  private final Schema rows;
  private final List<ColumnCodec> columns;
  private final Deque<BlockBuilder> unused = new ArrayDeque<>();

  /**
   * @param rows the schema of the rows that they are filled with
   */
  BlockPool(Schema rows) {
    this.rows = rows;
    this.columns =
        rows.getFields().stream().map(field -> ColumnCodec.ofInput(field.getType())).toList();
  }

  BlockBuilder take() {
    return unused.isEmpty() ? new BlockBuilder(rows, columns) : unused.pop();
  }

  void giveBack(BlockBuilder block) {
    if (unused.size() < RowBuffer.MOST_BLOCKS) {
      block.clear();
      unused.push(block);
    }
  }
}
