package org.anomalydetection.pipeline;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads options that are times or durations. */
final class TimeOptions {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Map<String, ChronoUnit> UNITS =
      Map.of(
          "ms", ChronoUnit.MILLIS,
          "s", ChronoUnit.SECONDS,
          "m", ChronoUnit.MINUTES,
          "h", ChronoUnit.HOURS,
          "d", ChronoUnit.DAYS);

  private final List<String> problems;

  /**
   * @param problems where to add what is wrong
   */
  TimeOptions(List<String> problems) {
    this.problems = problems;
  }

  /** Reads a time with its zone, or a date of UTC; nothing if it is absent or no time. */
  Optional<Instant> time(String option, @Nullable String text) {
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          text.indexOf('T') < 0
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS));
    } catch (DateTimeException e) {
      problems.add(
          String.format(
              "--%s: expected a time such as 2024-01-31 or 2024-01-31T12:00:00Z, found %s",
              option, text));
      return Optional.empty();
    }
  }

  /** Reads a duration; nothing if it is absent, or none of at least the least. */
  Optional<Duration> duration(String option, @Nullable String text, Duration least) {
    if (text == null) {
      return Optional.empty();
    }
    Matcher parts = DURATION.matcher(text);
    Duration found =
        parts.matches()
            ? Duration.of(Long.parseLong(parts.group(1)), UNITS.get(parts.group(2)))
            : Duration.ofMillis(-1);
    if (found.compareTo(least) < 0) {
      problems.add(
          String.format(
              "--%s: expected a duration such as 90s, 5m, 1h or 30d%s, found %s",
              option, least.isZero() ? "" : " above 0", text));
      return Optional.empty();
    }
    return Optional.of(found);
  }
}
