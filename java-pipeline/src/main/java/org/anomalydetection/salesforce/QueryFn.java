package org.anomalydetection.salesforce;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;

/** Has the bulk queries of windows run. All those of a bundle run at a time. */
final class QueryFn extends DoFn<QueryWindow, QueryResults> {
  private static final long serialVersionUID = 1L;

  private final Connection connection;
  private final RowQuery query;
  private final Duration limit;
  private final ReadMetrics metrics = new ReadMetrics();
  private transient SalesforceClient client;
  private transient BulkQueries queries;
  private transient List<BulkQueries.Begun> begun;

  /**
   * @param limit how long a query may take
   */
  QueryFn(Connection connection, RowQuery query, Duration limit) {
    this.connection = connection;
    this.query = query;
    this.limit = limit;
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, metrics);
    queries = new BulkQueries(client, query, limit, metrics);
  }

  @StartBundle
  public void startBundle() {
    begun = new ArrayList<>();
  }

  @ProcessElement
  public void process(@Element QueryWindow window) throws IOException, InterruptedException {
    orDropped(() -> begun.add(queries.begin(window)));
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
    } catch (IOException | RuntimeException e) {
      queries.drop();
      throw e;
    }
  }

  @Teardown
  public void teardown() {
    client.close();
  }
}
