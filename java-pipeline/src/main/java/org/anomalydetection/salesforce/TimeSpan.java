package org.anomalydetection.salesforce;

import java.io.Serializable;

/**
 * The restriction of the splittable DoFn that follows changes: the time whose changes are to be
 * read.
 *
 * @param from where it begins
 * @param end where it ends, in milliseconds since 1970; {@link #NEVER} for no end
 */
record TimeSpan(TimePlace from, long end) implements Serializable {
  static final long NEVER = Long.MAX_VALUE;

  /** Tells whether it has no end. */
  boolean isEndless() {
    return end == NEVER;
  }
}
