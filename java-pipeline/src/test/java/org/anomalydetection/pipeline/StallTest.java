package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;

class StallTest {
  private static final Map<String, Long> ROWS = Map.of("rows_read", 7L);

  @Test
  void shouldGiveUpWhenCountsStandStill() throws InterruptedException {
    Stall stall = new Stall(1);
    stall.check(Map.of());
    Thread.sleep(600);
    stall.check(ROWS);
    Thread.sleep(600);
    stall.check(ROWS);
    Thread.sleep(600);
    RunException given = assertThrows(RunException.class, () -> stall.check(ROWS));
    assertThat(given.getMessage(), containsString("--stallLimit=1 s"));
    assertThat(given.getMessage(), containsString("them to stay at {rows_read=7}"));
  }

  @Test
  void shouldWaitForEverWithoutALimit() throws InterruptedException {
    Stall stall = new Stall(null);
    stall.check(ROWS);
    Thread.sleep(100);
    stall.check(ROWS);
  }
}
