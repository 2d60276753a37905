package org.anomalydetection.pipeline;

import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Notices a job that stands still. */
final class Stall {
  private final @Nullable Duration limit;
  private final LongSupplier nanos;
  private Map<String, Long> last = Map.of();
  private long since;

  /**
   * @param seconds for how long counts may stay what they are, null for ever
   */
  Stall(@Nullable Integer seconds) {
    this(seconds, System::nanoTime);
  }

  /**
   * @param nanos the time in nanoseconds since whenever
   */
  Stall(@Nullable Integer seconds, LongSupplier nanos) {
    this.limit = seconds == null ? null : Duration.ofSeconds(seconds);
    this.nanos = nanos;
    this.since = nanos.getAsLong();
  }

  /**
   * Compares the counts of rows with those of the last time.
   *
   * @throws RunException if they have been the same for too long
   */
  void check(Map<String, Long> counts) {
    long now = nanos.getAsLong();
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
