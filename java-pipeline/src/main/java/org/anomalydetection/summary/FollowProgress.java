package org.anomalydetection.summary;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.anomalydetection.contract.TransformMetrics;
import org.anomalydetection.metrics.RowMetric;

/** Lines on how far a run without an end is: often while rows come, else now and then. */
public final class FollowProgress {
  private static final Duration BUSY = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofMinutes(5);

  private Instant looked;
  private Instant said;
  private final Set<String> models = new HashSet<>();
  private final Set<String> refused = new HashSet<>();
  private String news = counts(Map.of(), Map.of());

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
   * @param waitsSince since when the source cannot be read, nothing if it can
   * @param callsLeft how many calls the source allows, if it says so
   */
  public Optional<String> line(
      Map<String, Long> rows,
      Map<String, Long> transform,
      Instant position,
      Optional<Instant> waitsSince,
      Optional<Long> callsLeft,
      Instant now) {
    looked = now;
    String found = counts(rows, transform);
    String waits = waitsSince.map(since -> "; waiting for Salesforce since " + since).orElse("");
    if ((found + waits).equals(news) && now.isBefore(said.plus(IDLE))) {
      return Optional.empty();
    }
    said = now;
    news = found + waits;
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s. Committed up to %s, %s ago%s%s",
            found,
            position,
            words(Duration.between(position, now)),
            waits,
            callsLeft
                .map(calls -> String.format(Locale.ROOT, "; %,d API calls left", calls))
                .orElse("")));
  }

  /**
   * Returns lines on models that others of these counters tell of: those that came after the first,
   * and those that were refused.
   *
   * @param transform the counters of the Python transform by name
   */
  public List<String> models(Map<String, Long> transform) {
    List<String> lines = new ArrayList<>();
    boolean isFirst = models.isEmpty();
    for (String id : behind(TransformMetrics.SCORED_BY, transform)) {
      if (models.add(id) && !isFirst) {
        lines.add("a new model scores the windows that begin since it was stored: " + id);
      }
    }
    for (String why : behind(TransformMetrics.MODEL_REFUSED, transform)) {
      if (refused.add(why)) {
        lines.add("a new model is refused, and the one before goes on: " + why);
      }
    }
    return lines;
  }

  private static List<String> behind(String prefix, Map<String, Long> counters) {
    return counters.keySet().stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .sorted()
        .toList();
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
        + writtenBack(rows)
        + refused(rows);
  }

  private static String refused(Map<String, Long> rows) {
    Long refused = rows.get(RowMetric.REFUSED.title());
    return refused == null ? "" : String.format(Locale.ROOT, "; %,d refused by a table", refused);
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
