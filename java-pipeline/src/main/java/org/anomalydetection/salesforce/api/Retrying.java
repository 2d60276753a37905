package org.anomalydetection.salesforce.api;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tries again what may pass. */
final class Retrying {
  private static final Logger LOG = LoggerFactory.getLogger(Retrying.class);

  /** What is tried. */
  interface Attempt<T> {
    T run() throws SalesforceException, InterruptedException;
  }

  /** Waits. */
  interface Sleep {
    void during(Duration delay) throws InterruptedException;
  }

  private final Retries retries;
  private final ApiListener listener;
  private final Sleep sleep;

  Retrying(Retries retries, ApiListener listener, Sleep sleep) {
    this.retries = retries;
    this.listener = listener;
    this.sleep = sleep;
  }

  Retrying(Retries retries, ApiListener listener) {
    this(retries, listener, delay -> Thread.sleep(delay.toMillis()));
  }

  /**
   * Tries until it works.
   *
   * @throws SalesforceException the last one, if it will not pass or was tried often enough
   */
  <T> T call(Attempt<T> attempt) throws SalesforceException, InterruptedException {
    int limits = 0;
    int others = 0;
    while (true) {
      try {
        return attempt.run();
      } catch (SalesforceException e) {
        Duration delay;
        if (e.kind() == Kind.TRANSIENT) {
          if (++others >= retries.attempts()) {
            throw e.after(others);
          }
          delay = delay(e, others);
        } else if (e.kind() == Kind.LIMIT) {
          if (++limits >= retries.limitAttempts()) {
            throw e.after(limits);
          }
          delay = jittered(doubled(retries.limitDelay(), limits, Duration.ofDays(1)));
        } else {
          throw e;
        }
        LOG.warn("again in {} s: {}", delay.toMillis() / 1000.0, e.getMessage());
        listener.onRetry(e, delay);
        sleep.during(delay);
      }
    }
  }

  private Duration delay(SalesforceException e, int failures) {
    Duration asked = min(e.retryAfter(), retries.longestDelay());
    Duration own = jittered(doubled(retries.firstDelay(), failures, retries.longestDelay()));
    return asked.compareTo(own) > 0 ? asked : own;
  }

  private static Duration doubled(Duration first, int failures, Duration longest) {
    return min(first.multipliedBy(1L << Math.min(failures - 1, 20)), longest);
  }

  private static Duration jittered(Duration delay) {
    return Duration.ofNanos(
        (long) (delay.toNanos() * ThreadLocalRandom.current().nextDouble(0.5, 1)));
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
