package org.anomalydetection.columns;

import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.Row;

/** Where blocks go, and the rows that no block can hold. Timestamps are milliseconds since 1970. */
interface BlockOutput {
  /** Takes a block. */
  void block(Row block, long earliest, BoundedWindow window);

  /** Takes a row with a text that {@link BadText} finds. */
  void unsendable(Row row, long timestamp, BoundedWindow window);
}
