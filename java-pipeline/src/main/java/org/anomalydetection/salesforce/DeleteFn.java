package org.anomalydetection.salesforce;

import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.apache.beam.sdk.transforms.DoFn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes bulk queries that nobody reads any more; Salesforce keeps their results, which count
 * against what the org may store of them, for 7 days. One that cannot be deleted is left to that.
 */
final class DeleteFn extends DoFn<String, Void> {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(DeleteFn.class);

  private final Connection connection;
  private final ReadMetrics metrics = new ReadMetrics();
  private transient SalesforceClient client;

  DeleteFn(Connection connection) {
    this.connection = connection.withBriefRetries();
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, metrics);
  }

  @ProcessElement
  public void process(@Element String jobId) throws InterruptedException {
    try {
      client.delete(jobId);
    } catch (SalesforceException e) {
      LOG.warn("the bulk query {} is left to Salesforce: {}", jobId, e.getMessage());
    }
  }

  @Teardown
  public void teardown() {
    client.close();
  }
}
