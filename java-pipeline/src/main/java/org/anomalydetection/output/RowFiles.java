package org.anomalydetection.output;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * Files of one format with rows of one schema. Several may be written at a time, by one thread;
 * what is costly to make is made for all of them.
 */
interface RowFiles {
  /** Begins a file. */
  RowFile begin(WritableByteChannel channel) throws IOException;
}
