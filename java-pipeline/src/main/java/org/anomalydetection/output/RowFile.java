package org.anomalydetection.output;

import java.io.IOException;
import org.apache.beam.sdk.values.Row;

/** The rows of one file, on their way to its channel. */
interface RowFile {
  /** Adds a row. */
  void write(Row row) throws IOException;

  /** Writes what is left and what ends such a file; the channel stays open, and nothing follows. */
  void finish() throws IOException;
}
