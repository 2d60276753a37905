package org.anomalydetection.summary;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import org.anomalydetection.metrics.RowMetric;

/** A line on how far a run is, written again whenever its numbers have changed. */
public final class Progress {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final PrintStream out;
  private long next = System.nanoTime() + INTERVAL_NANOS;
  private String last = "";

  /** Writes to a stream. */
  public Progress(PrintStream out) {
    this.out = out;
  }

  /** Tells whether it is time for another line. */
  public boolean isDue() {
    return System.nanoTime() >= next;
  }

  /**
   * Writes the line.
   *
   * @param metrics the counters of the run by name; without any, nothing is written
   */
  public void show(Map<String, Long> metrics) {
    next = System.nanoTime() + INTERVAL_NANOS;
    if (metrics.isEmpty()) {
      return;
    }
    String line =
        String.format(
            Locale.ROOT,
            "%,d rows read, %,d scored, %,d in error",
            metrics.getOrDefault(RowMetric.READ.title(), 0L),
            metrics.getOrDefault(RowMetric.SCORED.title(), 0L),
            metrics.getOrDefault(RowMetric.ERRORS.title(), 0L));
    if (!line.equals(last)) {
      out.println(line);
      last = line;
    }
  }
}
