package org.anomalydetection.salesforce.api;

import java.io.Serializable;
import java.time.Duration;

/**
 * How often and when a call is made again. Delays double from the first to the longest one, each
 * cut by chance to between half of it and all of it; what {@code Retry-After} asks for comes first,
 * up to the longest delay.
 *
 * @param attempts calls at most, for what may pass within minutes; at least 1
 * @param firstDelay the wait before the second call
 * @param longestDelay the longest wait
 * @param limitAttempts calls at most, when the org has no calls left
 * @param limitDelay the first wait then; the others double without an end
 */
public record Retries(
    int attempts,
    Duration firstDelay,
    Duration longestDelay,
    int limitAttempts,
    Duration limitDelay)
    implements Serializable {

  /** About a minute of waiting at most; about half an hour when the org has no calls left. */
  public static final Retries DEFAULT =
      new Retries(7, Duration.ofSeconds(1), Duration.ofMinutes(2), 5, Duration.ofMinutes(2));

  /** Returns less of the same, of seconds in all, for a caller who comes back later. */
  Retries brief() {
    return new Retries(Math.min(attempts, 3), firstDelay, firstDelay, 1, limitDelay);
  }

  /** Checks what is given. */
  public Retries {
    if (attempts < 1 || limitAttempts < 1) {
      throw new IllegalArgumentException(
          "expected at least one attempt, found " + Math.min(attempts, limitAttempts));
    }
  }
}
