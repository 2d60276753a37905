package org.anomalydetection.source;

import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.transform.NamedOutputs;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/** What was read of a source: every record is a row or an error. */
public final class ReadResult extends NamedOutputs {
  /** Marks good rows. */
  public static final TupleTag<Row> ROWS = new TupleTag<>("rows") {};

  /** Marks rows of the contract's errors. */
  public static final TupleTag<Row> ERRORS = new TupleTag<>("errors") {};

  /** Marks numbers of records read, which add up to all of them, good and bad. */
  public static final TupleTag<Long> COUNTS = new TupleTag<>("counts") {};

  /** Marks the time at which the reading began, in milliseconds since 1970. */
  public static final TupleTag<Long> BEGUN = new TupleTag<>("begun") {};

  /** Marks cells that may hold records; those of a file may come in several parts. */
  public static final TupleTag<TallCells> TALL = new TupleTag<>("tall") {};

  /** The outputs beside {@link #ROWS}. */
  public static final TupleTagList SIDES = TupleTagList.of(ERRORS).and(COUNTS).and(BEGUN).and(TALL);

  private ReadResult(PCollectionTuple outputs) {
    super(outputs);
  }

  /**
   * Returns what a step gave whose main output is {@link #ROWS} and whose others are {@link
   * #SIDES}.
   *
   * @param schema that of the good rows
   */
  public static ReadResult of(PCollectionTuple read, Schema schema) {
    read.get(ROWS).setRowSchema(schema);
    read.get(ERRORS).setRowSchema(ContractSchema.ERRORS);
    return new ReadResult(read);
  }

  /** Returns these counts with other rows. */
  public ReadResult with(PCollection<Row> otherRows, PCollection<Row> otherErrors) {
    return new ReadResult(
        PCollectionTuple.of(ROWS, otherRows)
            .and(ERRORS, otherErrors)
            .and(COUNTS, count())
            .and(BEGUN, begun())
            .and(TALL, tall()));
  }

  /** Returns the good rows. */
  public PCollection<Row> rows() {
    return get(ROWS);
  }

  /** Returns one row of the contract's errors for each bad record. */
  public PCollection<Row> errors() {
    return get(ERRORS);
  }

  /** Returns numbers that add up to how many records there are, good and bad. */
  public PCollection<Long> count() {
    return get(COUNTS);
  }

  /** Returns the cells that may hold records. */
  public PCollection<TallCells> tall() {
    return get(TALL);
  }

  /** Returns when the reading began, of each part that is read apart. */
  public PCollection<Long> begun() {
    return get(BEGUN);
  }
}
