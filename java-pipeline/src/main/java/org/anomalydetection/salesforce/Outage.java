package org.anomalydetection.salesforce;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A time in which Salesforce could not be read.
 *
 * @param since when that was first noticed, by the clock of this machine
 * @param failures how often it was tried
 */
record Outage(Instant since, int failures) implements Serializable {
  /** However often it failed, it is tried again as soon as that. */
  static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

  private static final int LEAST_FAILURES = 5;

  /** Returns the outage with another failure, of which there may have been none before. */
  static Outage again(@Nullable Outage before, Instant now) {
    return before == null ? new Outage(now, 1) : new Outage(before.since, before.failures + 1);
  }

  /**
   * Tells whether it has gone on for too long. Two failures are not enough for that, whatever time
   * is between them: the machine may have slept.
   */
  boolean isLongerThan(Duration limit, Instant now) {
    return failures >= LEAST_FAILURES && Duration.between(since, now).compareTo(limit) >= 0;
  }

  /**
   * Returns how long to wait now: twice as long each time, up to {@link #LONGEST_WAIT}.
   *
   * @param first the wait after the first failure
   * @param asked what Salesforce asks for, which counts up to the longest wait
   */
  Duration delay(Duration first, Duration asked) {
    Duration longest = longer(first, LONGEST_WAIT);
    Duration own = first.multipliedBy(1L << Math.min(failures - 1, 20));
    Duration wanted = longer(own, asked);
    return wanted.compareTo(longest) < 0 ? wanted : longest;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
