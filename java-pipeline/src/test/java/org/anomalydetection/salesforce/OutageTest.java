package org.anomalydetection.salesforce;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutageTest {
  private static final Instant NOON = Instant.parse("2026-11-29T12:00:00Z");

  @Test
  void shouldCountFromTheFirstFailure() {
    Outage first = Outage.again(null, NOON);
    Outage second = Outage.again(first, NOON.plusSeconds(30));
    assertEquals(new Outage(NOON, 1), first);
    assertEquals(new Outage(NOON, 2), second);
  }

  @ParameterizedTest
  @CsvSource({"5, 1799, false", "5, 1800, true", "4, 90000, false"})
  void shouldBeTooLongAfterTheLimitAndSomeFailures(int failures, long seconds, boolean expected) {
    Outage outage = new Outage(NOON, failures);
    assertEquals(expected, outage.isLongerThan(Duration.ofMinutes(30), NOON.plusSeconds(seconds)));
  }

  @ParameterizedTest
  @CsvSource({
    "1, PT30S, PT0S, PT30S",
    "2, PT30S, PT0S, PT1M",
    "3, PT30S, PT0S, PT2M",
    "99, PT30S, PT0S, PT2M",
    "1, PT30S, PT50S, PT50S",
    "1, PT30S, PT1H, PT2M",
    "5, PT5M, PT0S, PT5M",
  })
  void shouldWaitLongerEachTime(int failures, Duration first, Duration asked, Duration expected) {
    assertEquals(expected, new Outage(NOON, failures).delay(first, asked));
  }
}
