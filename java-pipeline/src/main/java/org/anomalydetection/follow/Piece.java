package org.anomalydetection.follow;

import java.io.Serializable;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;

/**
 * What one bundle adds to a window.
 *
 * @param kind what it is
 * @param start the beginning of the window, in milliseconds since 1970
 * @param end its end, which is no part of it
 * @param file the name of the file that holds the rows, empty if there is none
 * @param rows how many rows there are
 */
record Piece(Kind kind, long start, long end, String file, long rows) implements Serializable {
  /** What a piece is. */
  enum Kind {
    /** The run has begun. */
    BEGIN,
    /** Rows were read. */
    READ,
    /** Scored rows were written. */
    SCORED,
    /** Errors were written. */
    ERRORS,
    /** Errors were written of rows that are among the scored ones too. */
    UNWRITTEN,
    /** What would be written back was written. */
    PREVIEW
  }

  /** Returns what says that the run has begun. */
  static Piece begin() {
    return new Piece(Kind.BEGIN, 0, 0, "", 0);
  }

  /** Returns a piece of a window. */
  static Piece of(Kind kind, IntervalWindow window, String file, long rows) {
    return new Piece(kind, window.start().getMillis(), window.end().getMillis(), file, rows);
  }
}
