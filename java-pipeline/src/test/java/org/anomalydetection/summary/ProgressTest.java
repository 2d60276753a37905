package org.anomalydetection.summary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final Progress progress =
      new Progress(new PrintStream(written, true, StandardCharsets.UTF_8));

  @Test
  void shouldWriteALineOnlyWhenNumbersChange() {
    progress.show(Map.of("rows_read", 1500L, "rows_scored", 3L));
    progress.show(Map.of("rows_read", 1500L, "rows_scored", 3L));
    assertEquals(
        "1,500 rows read, 3 scored, 0 in error" + System.lineSeparator(),
        written.toString(StandardCharsets.UTF_8));
    assertFalse(progress.isDue());
  }

  @Test
  void shouldWriteNothingWithoutMetrics() {
    progress.show(Map.of());
    assertEquals(0, written.size());
  }
}
