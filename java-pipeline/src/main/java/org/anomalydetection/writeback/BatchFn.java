package org.anomalydetection.writeback;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.anomalydetection.salesforce.ReadMetrics;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;

/** Writes the rows of a batch. */
final class BatchFn extends DoFn<KV<Integer, Iterable<TimestampedValue<Row>>>, String> {
  private static final long serialVersionUID = 1L;

  private final Connection connection;
  private final String object;

  @SuppressWarnings("serial") // a list of records
  private final List<TargetField> fields;

  @SuppressWarnings("serial") // a list of strings
  private final List<String> columns;

  private final Mode mode;
  private final Duration jobTimeout;
  private transient SalesforceClient client;

  BatchFn(
      Connection connection,
      String object,
      List<TargetField> fields,
      List<String> columns,
      Mode mode,
      Duration jobTimeout) {
    this.connection = connection;
    this.object = object;
    this.fields = fields;
    this.columns = columns;
    this.mode = mode;
    this.jobTimeout = jobTimeout;
  }

  @Setup
  public void setup() {
    client = SalesforceClient.open(connection, new ReadMetrics());
  }

  @ProcessElement
  public void process(
      @Element KV<Integer, Iterable<TimestampedValue<Row>>> rows, MultiOutputReceiver out)
      throws IOException, InterruptedException {
    Batch batch =
        new Batch(
            fields,
            new Errors(connection.url().toString(), columns, out.get(WriteBack.ERRORS)::output));
    rows.getValue().forEach(batch::add);
    batch.compare(PresentValues.of(client, object, fields).read(batch.ids()));
    if (mode == Mode.APPLY) {
      UpdateJobs jobs = new UpdateJobs(client.ingest(), object, fields, jobTimeout);
      batch.refused(jobs.run(batch.changes()));
    }
    out.get(WriteBack.COUNTS).output(batch.counts());
  }

  @Teardown
  public void teardown() {
    client.close();
  }
}
