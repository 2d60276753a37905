package org.anomalydetection.csv;

import java.io.Serializable;

/**
 * A place between two records of a file.
 *
 * @param bytes how many bytes of the file lie before it; 0 is the beginning, before the header
 * @param records how many records lie before it, the header not counted
 */
record Position(long bytes, long records) implements Serializable {
  /** The beginning of a file. */
  static final Position START = new Position(0, 0);

  /** Behind the last record of any file. */
  static final Position END = new Position(Long.MAX_VALUE, Long.MAX_VALUE);
}
