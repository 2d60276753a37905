package org.anomalydetection.summary;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.anomalydetection.contract.TransformMetrics;
import org.anomalydetection.metrics.RowMetric;

/** A line on how far a run without an end is: often while rows come, else now and then. */
public final class FollowProgress {
  private static final Duration BUSY = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofMinutes(5);

  private Instant last;
  private String lastCounts = "";

  /** Begins at a time. */
  public FollowProgress(Instant started) {
    last = started;
  }

  /** Tells whether it is time to look at the numbers. */
  public boolean isDue(Instant now) {
    return !now.isBefore(last.plus(BUSY));
  }

  /**
   * Returns the line, empty where there is nothing new to say.
   *
   * @param rows the counters of rows by name
   * @param transform the counters of the Python transform by name
   * @param position up to when rows are committed
   */
  public String line(
      Map<String, Long> rows, Map<String, Long> transform, Instant position, Instant now) {
    String counts = counts(rows, transform);
    if (counts.equals(lastCounts) && now.isBefore(last.plus(IDLE))) {
      return "";
    }
    last = now;
    lastCounts = counts;
    return String.format(
        Locale.ROOT,
        "%s; committed up to %s, %,d s ago",
        counts,
        position,
        Duration.between(position, now).toSeconds());
  }

  /** Returns how many rows there are of each kind, in words. */
  public static String counts(Map<String, Long> rows, Map<String, Long> transform) {
    return String.format(
        Locale.ROOT,
        "%,d rows read, %,d scored, %,d of them odd; %,d in error",
        rows.getOrDefault(RowMetric.READ.title(), 0L),
        rows.getOrDefault(RowMetric.SCORED.title(), 0L),
        transform.getOrDefault(TransformMetrics.ODD, 0L),
        rows.getOrDefault(RowMetric.ERRORS.title(), 0L));
  }
}
