package org.anomalydetection.metrics;

import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;

/** The counters that a run reports while it goes on. */
public enum RowMetric {
  /** Records read, good and bad. */
  READ("rows_read"),
  /** Rows scored. */
  SCORED("rows_scored"),
  /** Rows in error, when read or when scored. */
  ERRORS("rows_in_error"),
  /** Scored rows whose values were written back to their records. */
  WRITTEN_BACK("rows_written_back"),
  /** Scored rows whose values would be written back, in a preview. */
  PREVIEWED("rows_previewed"),
  /** Scored rows whose values could not be written back. */
  NOT_WRITTEN_BACK("rows_not_written_back"),
  /** Scored rows that a table refused. */
  REFUSED("rows_refused_by_table");

  /** The namespace of the counters. */
  public static final String NAMESPACE = "org.anomalydetection";

  private final String title;

  RowMetric(String title) {
    this.title = title;
  }

  /** Returns the name of the counter. */
  public String title() {
    return title;
  }

  /** Returns the counter, for use in a DoFn. */
  public Counter counter() {
    return Metrics.counter(NAMESPACE, title);
  }
}
