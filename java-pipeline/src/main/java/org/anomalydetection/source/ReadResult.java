package org.anomalydetection.source;

import java.util.Map;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/** What was read of a source: every record is a row or an error. */
public final class ReadResult implements POutput {
  /** Marks good rows. */
  public static final TupleTag<Row> ROWS = new TupleTag<>("rows") {};

  /** Marks rows of the contract's errors. */
  public static final TupleTag<Row> ERRORS = new TupleTag<>("errors") {};

  /** Marks numbers of records read, which add up to all of them, good and bad. */
  public static final TupleTag<Long> COUNTS = new TupleTag<>("counts") {};

  /** Marks the time at which the reading began, in milliseconds since 1970. */
  public static final TupleTag<Long> BEGUN = new TupleTag<>("begun") {};

  /** The outputs beside {@link #ROWS}. */
  public static final TupleTagList SIDES = TupleTagList.of(ERRORS).and(COUNTS).and(BEGUN);

  private final Pipeline pipeline;
  private final PCollection<Row> rows;
  private final PCollection<Row> errors;
  private final PCollection<Long> count;
  private final PCollection<Long> begun;

  private ReadResult(
      Pipeline pipeline,
      PCollection<Row> rows,
      PCollection<Row> errors,
      PCollection<Long> count,
      PCollection<Long> begun) {
    this.pipeline = pipeline;
    this.rows = rows;
    this.errors = errors;
    this.count = count;
    this.begun = begun;
  }

  /**
   * Returns what a step gave whose main output is {@link #ROWS} and whose others are {@link
   * #SIDES}.
   *
   * @param schema that of the good rows
   */
  public static ReadResult of(PCollectionTuple read, Schema schema) {
    return new ReadResult(
        read.getPipeline(),
        read.get(ROWS).setRowSchema(schema),
        read.get(ERRORS).setRowSchema(ContractSchema.ERRORS),
        read.get(COUNTS),
        read.get(BEGUN));
  }

  /** Returns these counts with other rows. */
  public ReadResult with(PCollection<Row> otherRows, PCollection<Row> otherErrors) {
    return new ReadResult(pipeline, otherRows, otherErrors, count, begun);
  }

  /** Returns the good rows. */
  public PCollection<Row> rows() {
    return rows;
  }

  /** Returns one row of the contract's errors for each bad record. */
  public PCollection<Row> errors() {
    return errors;
  }

  /** Returns numbers that add up to how many records there are, good and bad. */
  public PCollection<Long> count() {
    return count;
  }

  /** Returns when the reading began, of each part that is read apart. */
  public PCollection<Long> begun() {
    return begun;
  }

  @Override
  public Pipeline getPipeline() {
    return pipeline;
  }

  @Override
  public Map<TupleTag<?>, PValue> expand() {
    return Map.of(ROWS, rows, ERRORS, errors, COUNTS, count, BEGUN, begun);
  }

  @Override
  public void finishSpecifyingOutput(
      String transformName, PInput input, PTransform<?, ?> transform) {}
}
