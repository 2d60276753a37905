package org.anomalydetection.follow;

import java.io.Serializable;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * The windows that a run commits: fixed ones of one length for what comes while it runs, and longer
 * ones for what it has to catch up with, so that a weekend makes a few files and not thousands.
 */
final class FollowWindows implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final long CATCH_UP_MILLIS = Duration.standardHours(1).getMillis();

  private final long from;
  private final long live;
  private final long length;
  private final long catchUp;

  /**
   * Makes the windows of a run.
   *
   * @param from the position from which it reads; no window of rows from there on begins before it
   * @param started when the run started
   * @param length how long the windows of new rows are
   */
  FollowWindows(Instant from, Instant started, Duration length) {
    this.from = from.getMillis();
    this.length = length.getMillis();
    this.catchUp = Math.max(this.length, CATCH_UP_MILLIS / this.length * this.length);
    this.live = floor(started.getMillis(), catchUp);
  }

  /** Returns the position from which the run reads, in milliseconds since 1970. */
  long from() {
    return from;
  }

  /** Returns the window that a time lies in. */
  IntervalWindow at(Instant time) {
    long millis = time.getMillis();
    long size = millis < live ? catchUp : length;
    long start = floor(millis, size);
    long end = start + size;
    return millis < from
        ? interval(start, Math.min(end, from))
        : interval(Math.max(start, from), end);
  }

  /** Returns the end of the window that a time lies in, in milliseconds since 1970. */
  long endAt(long millis) {
    return at(Instant.ofEpochMilli(millis)).end().getMillis();
  }

  private static IntervalWindow interval(long start, long end) {
    return new IntervalWindow(Instant.ofEpochMilli(start), Instant.ofEpochMilli(end));
  }

  private static long floor(long millis, long size) {
    return Math.floorDiv(millis, size) * size;
  }
}
