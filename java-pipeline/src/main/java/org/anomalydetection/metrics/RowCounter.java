package org.anomalydetection.metrics;

import java.io.Serializable;
import org.apache.beam.sdk.metrics.Counter;

/**
 * Counts rows in a metric, many at a time: a metric takes longer than what is counted. Whoever
 * counts in a DoFn flushes when its bundle is finished; until then a few rows may be missing, which
 * nobody who watches a run sees.
 */
public final class RowCounter implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int ROWS = 1 << 10;

  private final Counter counter;
  private int rows;

  /** Counts in a metric. */
  public RowCounter(RowMetric metric) {
    this.counter = metric.counter();
  }

  /** Counts a row. */
  public void increment() {
    if (++rows == ROWS) {
      flush();
    }
  }

  /** Adds to the metric what it lacks. */
  public void flush() {
    counter.inc(rows);
    rows = 0;
  }
}
