package org.anomalydetection.pipeline;

import java.time.Duration;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Notices a job that stands still. */
final class Stall {
  private final @Nullable Duration limit;
  private Map<String, Long> last = Map.of();
  private long since = System.nanoTime();

  /**
   * @param seconds for how long counts may stay what they are, null for ever
   */
  Stall(@Nullable Integer seconds) {
    this.limit = seconds == null ? null : Duration.ofSeconds(seconds);
  }

  /**
   * Compares the counts of rows with those of the last time.
   *
   * @throws RunException if they have been the same for too long
   */
  void check(Map<String, Long> counts) {
    long now = System.nanoTime();
    if (!counts.equals(last)) {
      last = counts;
      since = now;
    }
    if (limit != null && now - since > limit.toNanos()) {
      throw new RunException(
          String.format(
              "expected counts of rows to grow within --stallLimit=%d s, found %s; see in the"
                  + " runner's log whether it waits for workers or slots; the job was cancelled",
              limit.toSeconds(), last.isEmpty() ? "none" : "them to stay at " + last));
    }
  }
}
