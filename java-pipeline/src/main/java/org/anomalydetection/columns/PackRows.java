package org.anomalydetection.columns;

import java.util.List;
import org.anomalydetection.contract.Contract;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/**
 * Packs the rows of each bundle and window into blocks. No row waits longer than its bundle, so
 * that the watermark waits for all of them. Rows with a {@link BadText} become errors.
 */
public final class PackRows extends PTransform<PCollection<Row>, PCollectionTuple> {
  private static final long serialVersionUID = 1L;

  /** What is sent: here, blocks. */
  public static final TupleTag<Row> SENT = new TupleTag<>("sent") {};

  /** The rows of the contract's errors for what cannot be sent. */
  public static final TupleTag<Row> ERRORS = new TupleTag<>(Contract.ERRORS_TAG) {};

  private final long blockRows;
  private final String idField;

  private PackRows(long blockRows, String idField) {
    this.blockRows = blockRows;
    this.idField = idField;
  }

  /**
   * Packs rows.
   *
   * @param blockRows how many rows a full block has, if the contract allows so many
   * @param idField the field that names a row, for errors
   */
  public static PackRows of(long blockRows, String idField) {
    return new PackRows(Math.max(1, Math.min(blockRows, Contract.MOST_BLOCK_ROWS)), idField);
  }

  @Override
  public PCollectionTuple expand(PCollection<Row> rows) {
    Schema schema = rows.getSchema();
    PCollectionTuple packed =
        rows.apply(
            "Pack",
            ParDo.of(new PackFn(schema, (int) blockRows, idField))
                .withOutputTags(SENT, TupleTagList.of(ERRORS)));
    packed.get(SENT).setRowSchema(Blocks.sent(schema.getFieldCount()));
    packed.get(ERRORS).setRowSchema(ContractSchema.ERRORS);
    return packed;
  }

  static final class PackFn extends DoFn<Row, Row> implements BlockOutput {
    private static final long serialVersionUID = 1L;

    private final Schema schema;
    private final int blockRows;
    private final String idField;
    private transient @Nullable BlockPool pool;
    private transient @Nullable RowBuffer buffer;
    private transient @Nullable Output out;

    PackFn(Schema schema, int blockRows, String idField) {
      this.schema = schema;
      this.blockRows = blockRows;
      this.idField = idField;
    }

    @Setup
    public void setup() {
      pool = new BlockPool(schema);
    }

    @StartBundle
    public void start() {
      buffer = new RowBuffer(blockRows, pool, this);
    }

    @ProcessElement
    public void process(ProcessContext context, BoundedWindow window) {
      // What is full may be of another window than this row.
      out =
          (tag, row, timestamp, itsWindow) ->
              context.outputWindowedValue(
                  tag, row, timestamp, List.of(itsWindow), PaneInfo.NO_FIRING);
      buffer.add(context.element(), context.timestamp().getMillis(), window);
    }

    @FinishBundle
    public void finish(FinishBundleContext context) {
      out = context::output;
      buffer.flush();
    }

    @Override
    public void block(Row block, long earliest, BoundedWindow window) {
      out.add(SENT, block, Instant.ofEpochMilli(earliest), window);
    }

    @Override
    public void unsendable(Row row, long timestamp, BoundedWindow window) {
      Row error = BadText.error(row, BadText.fieldOf(row), idField);
      out.add(ERRORS, error, Instant.ofEpochMilli(timestamp), window);
    }

    /** What both contexts have. */
    private interface Output {
      void add(TupleTag<Row> tag, Row row, Instant timestamp, BoundedWindow window);
    }
  }
}
