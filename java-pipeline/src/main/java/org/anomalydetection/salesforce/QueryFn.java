package org.anomalydetection.salesforce;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the bulk queries of windows run, when all that belongs into a window shows. All those of a
 * bundle run at a time.
 */
final class QueryFn extends DoFn<QueryWindow, QueryResults> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(QueryFn.class);

  /** By so much the clock of this machine may be ahead of Salesforce's. */
  private static final Duration MOST_SKEW = Duration.ofMinutes(10);

  private final Connection connection;
  private final RowQuery query;
  private final Duration lag;
  private final Duration limit;
  private final ReadMetrics metrics = new ReadMetrics();
  private transient SalesforceClient client;
  private transient SalesforceClient hasty;
  private transient BulkQueries queries;
  private transient List<BulkQueries.Begun> begun;

  /**
   * @param lag how long Salesforce is given until all changes show
   * @param limit how long a query may take
   */
  QueryFn(Connection connection, RowQuery query, Duration lag, Duration limit) {
    this.connection = connection;
    this.query = query;
    this.lag = lag;
    this.limit = limit;
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, metrics);
    hasty = SalesforceClient.open(connection.withBriefRetries(), metrics);
    queries = new BulkQueries(client, hasty, query, limit, metrics);
  }

  @StartBundle
  public void startBundle() {
    begun = new ArrayList<>();
  }

  @ProcessElement
  public void process(@Element QueryWindow window) throws IOException, InterruptedException {
    orDropped(
        () -> {
          awaitVisible(window);
          begun.add(queries.begin(window));
        });
  }

  /** Waits until the window's end is far enough behind, by Salesforce's clock. */
  private void awaitVisible(QueryWindow window) throws IOException, InterruptedException {
    if (window.end() == null) {
      return;
    }
    Instant now = client.now();
    Duration wait = Duration.between(now, window.end().plus(lag));
    if (wait.compareTo(lag.plus(MOST_SKEW)) > 0) {
      throw new ReadException(
          String.format(
              "expected the end of %s to have passed, found it to be %s by Salesforce's clock and"
                  + " %s by that of this machine",
              window, now, Instant.now()));
    }
    if (!wait.isNegative() && !wait.isZero()) {
      LOG.info("{} are asked for in {} s, when they show", window, wait.toSeconds());
      Thread.sleep(wait.toMillis() + 1);
    }
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) throws IOException, InterruptedException {
    finish(
        results ->
            context.output(results, BoundedWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE));
  }

  /** Waits for the ends of what was begun. */
  void finish(Consumer<QueryResults> out) throws IOException, InterruptedException {
    orDropped(
        () -> {
          for (BulkQueries.Begun one : begun) {
            queries.end(one, out);
          }
        });
    queries.keep();
  }

  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  /** Takes a step of a bundle; with it, all that the bundle has begun fails. */
  private void orDropped(Step step) throws IOException, InterruptedException {
    try {
      step.run();
    } catch (IOException | InterruptedException | RuntimeException e) {
      queries.drop();
      throw e;
    }
  }

  @Teardown
  public void teardown() {
    client.close();
    hasty.close();
  }
}
