package org.anomalydetection.csv;

import java.util.Map;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Reads a CSV file (RFC 4180, UTF-8, with quoted line breaks) into rows. Every record becomes a row
 * of the columns' schema or one row of errors.
 *
 * <pre>{@code
 * Columns columns = Columns.ofFile(path, "Id", ModelParams.cellKinds("pretrained/model.params"));
 * ReadCsv.Result read = pipeline.apply(ReadCsv.from(path, columns));
 * }</pre>
 */
public final class ReadCsv extends PTransform<PBegin, ReadCsv.Result> {
  private static final long serialVersionUID = 1L;

  private static final TupleTag<Row> ROWS = new TupleTag<>() {};
  private static final TupleTag<Row> ERRORS = new TupleTag<>() {};
  private static final TupleTag<Long> COUNTS = new TupleTag<>() {};
  private static final TupleTag<Long> BEGUN = new TupleTag<>() {};

  /**
   * After so many records at the most the reading goes on in another bundle. Each bundle of rows
   * comes to be a file of the output, and a local runner holds some bundles in memory.
   */
  private static final long RECORDS_AT_ONCE = 1 << 15;

  private final String path;
  private final Columns columns;
  private final long recordsAtOnce;

  private ReadCsv(String path, Columns columns, long recordsAtOnce) {
    this.path = path;
    this.columns = columns;
    this.recordsAtOnce = recordsAtOnce;
  }

  /**
   * Reads the file at a path of any file system of Beam; {@code columns} are those of its header.
   */
  public static ReadCsv from(String path, Columns columns) {
    return new ReadCsv(path, columns, RECORDS_AT_ONCE);
  }

  /** Goes on in another bundle after so many records at the most. */
  ReadCsv withRecordsAtOnce(long records) {
    return new ReadCsv(path, columns, records);
  }

  @Override
  public Result expand(PBegin input) {
    PCollectionTuple read =
        input
            .apply("Path", Create.of(path))
            .apply(
                "Records",
                ParDo.of(new ReadFn(columns, ROWS, ERRORS, COUNTS, BEGUN, recordsAtOnce))
                    .withOutputTags(ROWS, TupleTagList.of(ERRORS).and(COUNTS).and(BEGUN)));
    return new Result(
        input.getPipeline(),
        read.get(ROWS).setRowSchema(columns.schema()),
        read.get(ERRORS).setRowSchema(ContractSchema.ERRORS),
        read.get(COUNTS),
        read.get(BEGUN));
  }

  /** What was read of the file. */
  public static final class Result implements POutput {
    private final Pipeline pipeline;
    private final PCollection<Row> rows;
    private final PCollection<Row> errors;
    private final PCollection<Long> count;
    private final PCollection<Long> begun;

    private Result(
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

    /** Returns the good rows. */
    public PCollection<Row> rows() {
      return rows;
    }

    /** Returns one row of the contract's errors for each bad record. */
    public PCollection<Row> errors() {
      return errors;
    }

    /** Returns one number: how many records the file has, the header not counted. */
    public PCollection<Long> count() {
      return count;
    }

    /** Returns one number: when the reading began, in milliseconds since 1970. */
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
}
