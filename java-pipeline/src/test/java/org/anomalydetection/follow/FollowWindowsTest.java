package org.anomalydetection.follow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FollowWindowsTest {
  private static final Instant STARTED = Instant.parse("2026-11-29T01:05:27Z");

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 10, 60, 90, 3600, 7200, 100_000, 3_000_000})
  void shouldFollowOneAnotherWithoutGapsFromThePositionOn(int seconds) {
    Instant from = Instant.parse("2026-08-03T04:05:06Z");
    FollowWindows windows = windows(from, seconds);
    long end = from.getMillis();
    int count = 0;
    while (end < STARTED.getMillis() + 600_000) {
      IntervalWindow window = windows.at(Instant.ofEpochMilli(end));
      assertEquals(end, window.start().getMillis());
      assertTrue(window.end().getMillis() > end);
      assertEquals(window, windows.at(window.maxTimestamp()));
      assertEquals(window.end().getMillis(), windows.endAt(end));
      end = window.end().getMillis();
      count++;
    }
    assertTrue(count < 5 + 29 + 23 + 59 + 630 / seconds + 2, count + " windows");
  }

  @Test
  void shouldBeLongWhereTheRunCatchesUp() {
    FollowWindows windows = windows(Instant.parse("2026-08-03T04:05:06Z"), 10);
    List<String> found = new ArrayList<>();
    for (String time :
        List.of(
            "2026-08-03T04:05:06Z",
            "2026-11-27T11:00:01Z",
            "2026-11-29T00:59:59Z",
            "2026-11-29T01:04:01Z",
            "2026-11-29T01:05:01Z",
            "2026-11-29T04:04:05Z")) {
      IntervalWindow window = windows.at(Instant.parse(time));
      found.add(window.start() + " " + new Duration(window.start(), window.end()));
    }
    assertEquals(
        List.of(
            "2026-08-03T04:05:06.000Z PT158094S",
            "2026-11-27T00:00:00.000Z PT86400S",
            "2026-11-29T00:00:00.000Z PT3600S",
            "2026-11-29T01:04:00.000Z PT60S",
            "2026-11-29T01:05:00.000Z PT10S",
            "2026-11-29T04:04:00.000Z PT10S"),
        found);
  }

  @Test
  void shouldEndBeforeThePositionWhatIsOfATimeBeforeIt() {
    Instant from = Instant.parse("2026-11-29T01:05:13Z");
    IntervalWindow before = windows(from, 10).at(from.minus(Duration.millis(1)));
    assertEquals(from, before.end());
    assertEquals(Instant.parse("2026-11-29T01:05:10Z"), before.start());
  }

  private static FollowWindows windows(Instant from, int seconds) {
    return new FollowWindows(from, STARTED, Duration.standardSeconds(seconds));
  }
}
