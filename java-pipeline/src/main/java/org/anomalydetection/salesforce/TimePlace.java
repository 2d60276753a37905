package org.anomalydetection.salesforce;

import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * How far changes were read.
 *
 * @param millis up to before this time, in milliseconds since 1970
 * @param outage why it does not go on from there for now, null if nothing is known to hinder it
 */
record TimePlace(long millis, @Nullable Outage outage) implements Serializable {
  /** Returns a place where it goes on. */
  static TimePlace at(long millis) {
    return new TimePlace(millis, null);
  }
}
