package org.anomalydetection.follow;

import java.io.Serializable;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * The windows that a run commits: fixed ones of one length for what comes while it runs, and longer
 * ones for what it has to catch up with, so that a year makes some files and not a million. What is
 * of the minute in which the run started, or later, is in windows of that length; before it, the
 * minutes of the hour, the hours of the day, the days of the month and the months (of thirty days,
 * all of UTC) are one each.
 */
final class FollowWindows implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final long[] LONGER = {
    Duration.standardMinutes(1).getMillis(),
    Duration.standardHours(1).getMillis(),
    Duration.standardDays(1).getMillis(),
    Duration.standardDays(30).getMillis(),
  };

  private final long from;
  private final long started;
  private final long length;

  /**
   * Makes the windows of a run.
   *
   * @param from the position from which it reads; no window of rows from there on begins before it
   * @param started when the run started
   * @param length how long the windows of new rows are
   */
  FollowWindows(Instant from, Instant started, Duration length) {
    this.from = from.getMillis();
    this.started = started.getMillis();
    this.length = length.getMillis();
  }

  /** Returns the position from which the run reads, in milliseconds since 1970. */
  long from() {
    return from;
  }

  /** Returns the window that a time lies in. */
  IntervalWindow at(Instant time) {
    long millis = time.getMillis();
    long size = length;
    long first = Long.MIN_VALUE;
    for (long longer : LONGER) {
      long current = floor(started, longer);
      if (longer > length && millis >= current) {
        first = current;
        break;
      }
      size = Math.max(longer, length);
    }
    long start = Math.max(floor(millis, size), first);
    long end = floor(millis, size) + size;
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
