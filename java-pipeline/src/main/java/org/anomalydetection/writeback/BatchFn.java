package org.anomalydetection.writeback;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.salesforce.ReadMetrics;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Retries;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;

/** Writes the rows of a batch. */
final class BatchFn extends DoFn<KV<Integer, Iterable<TimestampedValue<Row>>>, String> {
  private static final long serialVersionUID = 1L;

  /** How long a job may take in a run that follows: until it is over, nothing is committed. */
  private static final Duration SOON = Duration.ofMinutes(5);

  private final Connection connection;
  private final String object;

  @SuppressWarnings("serial") // a list of records
  private final List<TargetField> fields;

  @SuppressWarnings("serial") // a list of strings
  private final List<String> columns;

  private final Mode mode;
  private final Duration jobTimeout;
  private final boolean following;
  private final Counter changed;
  private final Counter failed = RowMetric.NOT_WRITTEN_BACK.counter();
  private transient SalesforceClient client;

  /**
   * @param following whether the input is unbounded: then a few rows are written by calls, and what
   *     cannot be written now goes to the errors
   */
  BatchFn(
      Connection connection,
      String object,
      List<TargetField> fields,
      List<String> columns,
      Mode mode,
      Duration jobTimeout,
      boolean following) {
    this.connection = following ? connection.withRetries(soon(connection.retries())) : connection;
    this.object = object;
    this.fields = fields;
    this.columns = columns;
    this.mode = mode;
    this.jobTimeout = following && jobTimeout.compareTo(SOON) > 0 ? SOON : jobTimeout;
    this.following = following;
    this.changed = (mode == Mode.APPLY ? RowMetric.WRITTEN_BACK : RowMetric.PREVIEWED).counter();
  }

  /** Calls that the org has not got left today are not waited for. */
  private static Retries soon(Retries usual) {
    return new Retries(
        usual.attempts(), usual.firstDelay(), usual.longestDelay(), 1, usual.limitDelay());
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
    try {
      batch.compare(PresentValues.of(client, object, fields).read(batch.ids()));
      if (mode == Mode.APPLY) {
        batch.refused(updates(batch.changes().size()).run(batch.changes()));
      }
    } catch (SalesforceException e) {
      if (!following || !Passing.is(e)) {
        throw e;
      }
      batch.failed(Objects.requireNonNull(e.getMessage()));
    }
    changed.inc(batch.changes().size());
    failed.inc(batch.errors());
    if (following && mode == Mode.PREVIEW) {
      batch.preview().forEach(out.get(WriteBack.PREVIEW)::output);
    }
    out.get(WriteBack.COUNTS).output(batch.counts());
  }

  private Updates updates(int changes) {
    return following && changes <= UpdateCalls.MOST
        ? new UpdateCalls(client.updates(), object, fields)
        : new UpdateJobs(client.ingest(), object, fields, jobTimeout, following);
  }

  @Teardown
  public void teardown() {
    client.close();
  }
}
