package org.anomalydetection.summary;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.contract.TransformMetrics;
import org.anomalydetection.metrics.RowMetric;

/** Lines on how far a run without an end is: often while rows come, else now and then. */
public final class FollowProgress {
  private static final Duration BUSY = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofMinutes(5);

  private Instant looked;
  private Instant said;
  private String counts = counts(Map.of(), Map.of());

  /** Begins at a time. */
  public FollowProgress(Instant started) {
    looked = started;
    said = started;
  }

  /** Tells whether it is time to look at the numbers. */
  public boolean isDue(Instant now) {
    return !now.isBefore(looked.plus(BUSY));
  }

  /**
   * Returns the line, nothing where there is nothing new to say.
   *
   * @param rows the counters of rows by name
   * @param transform the counters of the Python transform by name
   * @param position up to when rows are committed
   * @param callsLeft how many calls the source allows, if it says so
   */
  public Optional<String> line(
      Map<String, Long> rows,
      Map<String, Long> transform,
      Instant position,
      Optional<Long> callsLeft,
      Instant now) {
    looked = now;
    String found = counts(rows, transform);
    if (found.equals(counts) && now.isBefore(said.plus(IDLE))) {
      return Optional.empty();
    }
    said = now;
    counts = found;
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s. Committed up to %s, %s ago%s",
            found,
            position,
            words(Duration.between(position, now)),
            callsLeft
                .map(calls -> String.format(Locale.ROOT, "; %,d API calls left", calls))
                .orElse("")));
  }

  /**
   * Returns how many rows there are of each kind, in words; not how many were read, among which are
   * those that came again.
   */
  public static String counts(Map<String, Long> rows, Map<String, Long> transform) {
    return String.format(
            Locale.ROOT,
            "%,d rows scored, %,d of them odd; %,d in error",
            rows.getOrDefault(RowMetric.SCORED.title(), 0L),
            transform.getOrDefault(TransformMetrics.ODD, 0L),
            rows.getOrDefault(RowMetric.ERRORS.title(), 0L))
        + writtenBack(rows);
  }

  private static String writtenBack(Map<String, Long> rows) {
    Long preview = rows.get(RowMetric.PREVIEWED.title());
    Long written = rows.getOrDefault(RowMetric.WRITTEN_BACK.title(), preview);
    return written == null
        ? ""
        : String.format(
            Locale.ROOT,
            "; %,d %s, %,d cannot be",
            written,
            preview == null ? "written back" : "would be written back",
            rows.getOrDefault(RowMetric.NOT_WRITTEN_BACK.title(), 0L));
  }

  private static String words(Duration time) {
    if (time.toHours() >= 48) {
      return String.format(Locale.ROOT, "%,d days", time.toDays());
    }
    if (time.toMinutes() >= 120) {
      return time.toHours() + " h";
    }
    return time.toSeconds() >= 600 ? time.toMinutes() + " min" : time.toSeconds() + " s";
  }
}
