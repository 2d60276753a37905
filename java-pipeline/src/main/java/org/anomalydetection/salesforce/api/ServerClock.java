package org.anomalydetection.salesforce.api;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Salesforce's clock, as the {@code Date} of its last answer (RFC 9110, 6.6.1) and the time since
 * then tell: never ahead of it, and behind it by no more than that answer took and a second. It
 * does not follow when somebody sets the clock of this machine.
 */
final class ServerClock {
  private static final Logger LOG = LoggerFactory.getLogger(ServerClock.class);

  /** By so much the clocks of machines may differ before anybody is told. */
  private static final Duration ORDINARY = Duration.ofMinutes(1);

  private volatile @Nullable Read last;
  private boolean told;

  /**
   * What an answer told.
   *
   * @param date its date, which is cut to whole seconds
   * @param nanos when it was there, by {@link System#nanoTime}
   */
  private record Read(Instant date, long nanos) {}

  /**
   * Reads an answer that has just come; not a refusal, which something in between may have made.
   */
  void read(Answer answer) {
    if (!answer.isGood()) {
      return;
    }
    try {
      Instant date =
          ZonedDateTime.parse(answer.header("Date"), DateTimeFormatter.RFC_1123_DATE_TIME)
              .toInstant();
      last = new Read(date, System.nanoTime());
      tell(Duration.between(Instant.now(), date));
    } catch (DateTimeException e) {
      // Then the clock is as the answers before said.
    }
  }

  /** Returns the time, nothing before the first answer that has it. */
  Optional<Instant> now() {
    Read read = last;
    return read == null
        ? Optional.empty()
        : Optional.of(read.date().plusNanos(System.nanoTime() - read.nanos()));
  }

  private synchronized void tell(Duration ahead) {
    if (!told && ahead.abs().compareTo(ORDINARY) > 0) {
      told = true;
      LOG.warn(
          "Salesforce's clock is {} s {} that of this machine; what is read goes by Salesforce's",
          ahead.abs().toSeconds(),
          ahead.isNegative() ? "behind" : "ahead of");
    }
  }
}
