package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StallTest {
  private static final Map<String, Long> ROWS = Map.of("rows_read", 7L);

  /** Like the system's, it passes zero at some time. */
  private final AtomicLong nanos = new AtomicLong(-Duration.ofSeconds(60).toNanos());

  @Test
  void shouldGiveUpWhenCountsStandStill() {
    Stall stall = new Stall(60, nanos::get);
    stall.check(Map.of());
    pass(40);
    stall.check(ROWS);
    pass(40);
    stall.check(ROWS);
    pass(20);
    stall.check(ROWS);
    pass(1);
    RunException given = assertThrows(RunException.class, () -> stall.check(ROWS));
    assertThat(given.getMessage(), containsString("--stallLimit=60 s"));
    assertThat(given.getMessage(), containsString("them to stay at {rows_read=7}"));
  }

  @Test
  void shouldGiveUpWhenThereAreNoCounts() {
    Stall stall = new Stall(60, nanos::get);
    pass(61);
    RunException given = assertThrows(RunException.class, () -> stall.check(Map.of()));
    assertThat(given.getMessage(), containsString("found none;"));
  }

  @Test
  void shouldWaitForEverWithoutALimit() {
    Stall stall = new Stall(null, nanos::get);
    stall.check(ROWS);
    pass(Integer.MAX_VALUE);
    stall.check(ROWS);
  }

  private void pass(long seconds) {
    nanos.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }
}
