package org.anomalydetection.writeback;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.salesforce.api.Connection;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.GroupIntoBatches;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reify;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
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
 */
public final class WriteBack extends PTransform<PCollection<Row>, WriteBack.Result> {
  private static final long serialVersionUID = 1L;

  /** Writing to one record at a time is left to one worker. */
  private static final int SHARDS = 4;

  /** How long rows of an unbounded input wait for others: each job counts towards a limit. */
  private static final org.joda.time.Duration LONGEST_WAIT =
      org.joda.time.Duration.standardMinutes(1);

  static final TupleTag<String> COUNTS = new TupleTag<>() {};
  static final TupleTag<Row> ERRORS = new TupleTag<>() {};

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
    GroupIntoBatches<Integer, TimestampedValue<Row>> batches = GroupIntoBatches.ofSize(batchSize);
    if (scored.isBounded() == IsBounded.UNBOUNDED) {
      batches = batches.withMaxBufferingDuration(LONGEST_WAIT);
    }
    PCollectionTuple outputs =
        scored
            .apply("WithTime", Reify.timestamps())
            .apply(
                "ByRecord",
                WithKeys.<Integer, TimestampedValue<Row>>of(row -> shard(row.getValue()))
                    .withKeyType(TypeDescriptors.integers()))
            .apply("Batches", batches)
            .apply(
                "Write",
                ParDo.of(new BatchFn(connection, object, fields, columns, mode, jobTimeout))
                    .withOutputTags(COUNTS, TupleTagList.of(ERRORS)));
    return new Result(
        scored.getPipeline(),
        outputs.get(COUNTS),
        outputs.get(ERRORS).setRowSchema(ContractSchema.ERRORS));
  }

  private static int shard(Row scored) {
    return Math.floorMod(RecordId.key(scored.getString("id")).hashCode(), SHARDS);
  }

  /** What was written, and what could not be. */
  public static final class Result implements POutput {
    private final Pipeline pipeline;
    private final PCollection<String> counts;
    private final PCollection<Row> errors;

    private Result(Pipeline pipeline, PCollection<String> counts, PCollection<Row> errors) {
      this.pipeline = pipeline;
      this.counts = counts;
      this.errors = errors;
    }

    /** Returns the lines of counts that the summary adds up. */
    public PCollection<String> counts() {
      return counts;
    }

    /** Returns a row of the contract's errors for each row that could not be written. */
    public PCollection<Row> errors() {
      return errors;
    }

    @Override
    public Pipeline getPipeline() {
      return pipeline;
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
      return Map.of(COUNTS, counts, ERRORS, errors);
    }

    @Override
    public void finishSpecifyingOutput(
        String transformName, PInput input, PTransform<?, ?> transform) {}
  }
}
