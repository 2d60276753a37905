package org.anomalydetection.salesforce;

import java.io.Serializable;
import java.time.Duration;
import org.anomalydetection.metrics.RowCounter;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.salesforce.api.ApiListener;
import org.anomalydetection.salesforce.api.ApiUsage;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Gauge;
import org.apache.beam.sdk.metrics.Metrics;

/** What a reading step reports while it goes on; one for each step. */
public final class ReadMetrics implements ApiListener, Serializable {
  private static final long serialVersionUID = 1L;

  /** The namespace of the metrics, of which rows are counted in that of {@link RowMetric} too. */
  public static final String NAMESPACE = "org.anomalydetection.salesforce";

  /** Bulk queries that were started. */
  public static final String JOBS = "jobs";

  /** Pages of results that were read. */
  public static final String PAGES = "pages";

  /** Calls of Salesforce that were answered. */
  public static final String CALLS = "api_calls";

  /** Calls that were made again. */
  public static final String RETRIES = "retries";

  /** Waits of following, while Salesforce could not be read. */
  public static final String WAITS = "waits";

  /**
   * Since when Salesforce cannot be read, in milliseconds since 1970; 0 when it can be again, and
   * nothing before it ever failed. Following only.
   */
  public static final String WAITS_SINCE = "waits_since";

  /** Calls that the org has left, as Salesforce said last. */
  public static final String CALLS_LEFT = "api_calls_left";

  private final Counter jobs = Metrics.counter(NAMESPACE, JOBS);
  private final Counter pages = Metrics.counter(NAMESPACE, PAGES);
  private final Counter calls = Metrics.counter(NAMESPACE, CALLS);
  private final Counter retries = Metrics.counter(NAMESPACE, RETRIES);
  private final Counter waits = Metrics.counter(NAMESPACE, WAITS);
  private final Gauge waitsSince = Metrics.gauge(NAMESPACE, WAITS_SINCE);
  private final Gauge callsLeft = Metrics.gauge(NAMESPACE, CALLS_LEFT);
  private final RowCounter rows = new RowCounter(RowMetric.READ);

  void job() {
    jobs.inc();
  }

  void page() {
    pages.inc();
  }

  void row() {
    rows.increment();
  }

  void retry() {
    retries.inc();
  }

  void waits(Outage outage) {
    waits.inc();
    waitsSince.set(outage.since().toEpochMilli());
  }

  void goesOn() {
    waitsSince.set(0);
  }

  /** Reports what is still to be reported of a bundle. */
  void flush() {
    rows.flush();
  }

  @Override
  public void onCall() {
    calls.inc();
  }

  @Override
  public void onRetry(SalesforceException cause, Duration delay) {
    retries.inc();
  }

  @Override
  public void onUsage(ApiUsage usage) {
    callsLeft.set(usage.left());
  }
}
