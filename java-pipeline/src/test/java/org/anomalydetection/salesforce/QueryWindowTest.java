package org.anomalydetection.salesforce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryWindowTest {
  private static final Instant START = Instant.parse("2024-01-31T00:00:00Z");

  private static QueryWindow window(long millis) {
    return new QueryWindow(START, START.plusMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 999, 1000, 1001, 2500})
  void shouldSplitWithoutGapsAndOverlaps(long millis) {
    List<QueryWindow> windows = window(millis).split(Duration.ofSeconds(1));
    assertEquals((millis + 999) / 1000, windows.size());
    assertCovers(window(millis), windows);
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 3, 1001})
  void shouldHalveWithoutGapsAndOverlaps(long millis) {
    List<QueryWindow> halves = window(millis).halves();
    assertEquals(2, halves.size());
    assertCovers(window(millis), halves);
  }

  @Test
  void shouldNotHalveAMillisecond() {
    assertEquals(List.of(window(1)), window(1).halves());
  }

  @Test
  void shouldHalveWindowsWithoutLimits() {
    List<QueryWindow> halves = QueryWindow.ALL.halves();
    assertCovers(QueryWindow.ALL, halves);
    assertTrue(halves.get(0).end().isAfter(Instant.parse("2010-01-01T00:00:00Z")));
    assertCovers(halves.get(1), halves.get(1).halves());
  }

  private static void assertCovers(QueryWindow whole, List<QueryWindow> parts) {
    assertEquals(whole.start(), parts.get(0).start());
    assertEquals(whole.end(), parts.get(parts.size() - 1).end());
    for (int i = 1; i < parts.size(); i++) {
      assertEquals(parts.get(i - 1).end(), parts.get(i).start());
    }
  }

  @Test
  void shouldSayWhatItIs() {
    assertEquals("all records", QueryWindow.ALL.toString());
    assertEquals(
        "records from 2024-01-31T00:00:00Z before 2024-01-31T00:00:01Z", window(1000).toString());
    assertEquals("records from 2024-01-31T00:00:00Z on", new QueryWindow(START, null).toString());
    assertEquals("records before 2024-01-31T00:00:00Z", new QueryWindow(null, START).toString());
  }
}
