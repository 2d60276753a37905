package org.anomalydetection.writeback;

import java.time.Duration;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.transform.NamedOutputs;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reify;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Writes values of scored rows to the records of Salesforce that have the rows' ids, where they
 * differ, by jobs of Bulk API 2.0. A bundle that is repeated writes nothing twice: what it has
 * written differs no more. Immutable.
 *
 * <p>Of several rows of one record that come together the latest counts, of those the oddest.
 *
 * <p>Rows of an unbounded input are written at the end of their window, or within a minute in the
 * global one: up to {@link UpdateCalls#MOST} by calls that are answered at once, more by a job.
 * What Salesforce cannot take then, as it has no calls left or does not answer, is among the errors
 * and does not end the run.
 */
public final class WriteBack extends PTransform<PCollection<Row>, WriteBack.Result> {
  private static final long serialVersionUID = 1L;

  /** The stage of errors of rows that could not be written back. */
  public static final String STAGE = "write back";

  /** Writing to one record at a time is left to one worker; of an unbounded input, to all. */
  private static final int SHARDS = 4;

  /** How long rows wait for others that no window ends: each job counts towards a limit. */
  private static final org.joda.time.Duration LONGEST_WAIT =
      org.joda.time.Duration.standardMinutes(1);

  static final TupleTag<String> COUNTS = new TupleTag<>() {};
  static final TupleTag<Row> ERRORS = new TupleTag<>() {};
  static final TupleTag<Row> PREVIEW = new TupleTag<>() {};

  private final Connection connection;
  private final String object;

  @SuppressWarnings("serial") // a list of records
  private final List<TargetField> fields;

  @SuppressWarnings("serial") // a list of strings
  private final List<String> columns;

  private final Mode mode;
  private final int batchSize;
  private final Duration jobTimeout;

  private WriteBack(
      Connection connection,
      String object,
      List<TargetField> fields,
      List<String> columns,
      Mode mode,
      int batchSize,
      Duration jobTimeout) {
    this.connection = connection;
    this.object = object;
    this.fields = fields;
    this.columns = columns;
    this.mode = mode;
    this.batchSize = batchSize;
    this.jobTimeout = jobTimeout;
  }

  /**
   * Only tells what would be written.
   *
   * @param fields as {@link FieldNames#checked} has them
   */
  public static WriteBack to(Connection connection, String object, List<TargetField> fields) {
    return new WriteBack(
        connection,
        object,
        List.copyOf(fields),
        List.of(),
        Mode.PREVIEW,
        10_000,
        Duration.ofHours(2));
  }

  /**
   * Shows these columns of the scored rows in errors, beside the id, so that they can be replayed.
   */
  public WriteBack withElementColumns(List<String> names) {
    return new WriteBack(
        connection, object, fields, List.copyOf(names), mode, batchSize, jobTimeout);
  }

  /** Does more or less of it. */
  public WriteBack withMode(Mode other) {
    return new WriteBack(connection, object, fields, columns, other, batchSize, jobTimeout);
  }

  /** Writes at most so many records in a job, in place of 10,000. */
  public WriteBack withBatchSize(int records) {
    return new WriteBack(connection, object, fields, columns, mode, records, jobTimeout);
  }

  /** Gives a job another time than 2 hours, after which it is aborted and the bundle fails. */
  public WriteBack withJobTimeout(Duration limit) {
    return new WriteBack(connection, object, fields, columns, mode, batchSize, limit);
  }

  /** Tells whether it only tells what would be written. */
  public boolean isPreview() {
    return mode == Mode.PREVIEW;
  }

  @Override
  public Result expand(PCollection<Row> scored) {
    boolean following = scored.isBounded() == IsBounded.UNBOUNDED;
    boolean inWindows = !(scored.getWindowingStrategy().getWindowFn() instanceof GlobalWindows);
    PCollection<TimestampedValue<Row>> rows = scored.apply("WithTime", Reify.timestamps());
    PCollectionTuple outputs =
        (following && inWindows
                ? rows.apply("Batches", new WindowBatches<>(batchSize))
                : inGlobalWindow(rows, following))
            .apply(
                "Write",
                ParDo.of(
                        new BatchFn(
                            connection, object, fields, columns, mode, jobTimeout, following))
                    .withOutputTags(COUNTS, TupleTagList.of(ERRORS).and(PREVIEW)));
    outputs.get(ERRORS).setRowSchema(ContractSchema.ERRORS);
    outputs.get(PREVIEW).setRowSchema(Batch.PREVIEW);
    return new Result(outputs);
  }

  /**
   * Puts rows together that no window ends. What does so would hold back windows that are over, as
   * its timer is not cleared with them, and without a limit Prism leaves rows behind.
   */
  private PCollection<KV<Integer, Iterable<TimestampedValue<Row>>>> inGlobalWindow(
      PCollection<TimestampedValue<Row>> rows, boolean following) {
    int shards = following ? 1 : SHARDS;
    GroupIntoBatches<Integer, TimestampedValue<Row>> batches = GroupIntoBatches.ofSize(batchSize);
    return rows.apply(
            "ByRecord",
            WithKeys.<Integer, TimestampedValue<Row>>of(row -> shard(row.getValue(), shards))
                .withKeyType(TypeDescriptors.integers()))
        .apply("Batches", following ? batches.withMaxBufferingDuration(LONGEST_WAIT) : batches);
  }

  private static int shard(Row scored, int shards) {
    return Math.floorMod(RecordId.key(scored.getString("id")).hashCode(), shards);
  }

  /** What was written, and what could not be. */
  public static final class Result extends NamedOutputs {
    private Result(PCollectionTuple outputs) {
      super(outputs);
    }

    /** Returns the lines of counts that the summary adds up. */
    public PCollection<String> counts() {
      return get(COUNTS);
    }

    /** Returns a row of the contract's errors for each row that could not be written. */
    public PCollection<Row> errors() {
      return get(ERRORS);
    }

    /**
     * Returns what a preview of an unbounded input tells: a row for each field that would be
     * written, with the values before and after. That of a bounded one has none.
     */
    public PCollection<Row> preview() {
      return get(PREVIEW);
    }
  }
}
