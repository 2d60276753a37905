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

  /** The blocks. */
  public static final TupleTag<Row> BLOCKS = new TupleTag<>(Contract.SCORED_TAG) {};

  /** The rows of the contract's errors. */
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
                .withOutputTags(BLOCKS, TupleTagList.of(ERRORS)));
    packed.get(BLOCKS).setRowSchema(Blocks.sent(schema.getFieldCount()));
    packed.get(ERRORS).setRowSchema(ContractSchema.ERRORS);
    return packed;
  }

  static final class PackFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Schema schema;
    private final int blockRows;
    private final String idField;
    private transient @Nullable BlockEncoder encoder;
    private transient @Nullable RowBuffer buffer;

    PackFn(Schema schema, int blockRows, String idField) {
      this.schema = schema;
      this.blockRows = blockRows;
      this.idField = idField;
    }

    @Setup
    public void setup() {
      encoder = new BlockEncoder(schema);
    }

    @StartBundle
    public void start() {
      buffer = new RowBuffer(blockRows);
    }

    @ProcessElement
    public void process(ProcessContext context, BoundedWindow window) {
      Row row = context.element();
      List<RowGroup> full =
          buffer.add(row, context.timestamp().getMillis(), encoder.textLength(row), window);
      for (RowGroup group : full) {
        // A group may be of other windows than this row.
        emit(
            group,
            (tag, value, timestamp) ->
                context.outputWindowedValue(
                    tag, value, timestamp, List.of(group.window()), PaneInfo.NO_FIRING));
      }
    }

    @FinishBundle
    public void finish(FinishBundleContext context) {
      for (RowGroup group : buffer.drain()) {
        emit(
            group,
            (tag, value, timestamp) -> context.output(tag, value, timestamp, group.window()));
      }
    }

    private void emit(RowGroup group, Output out) {
      Row block;
      try {
        block = encoder.encode(group);
      } catch (UnsendableTextException e) {
        RowGroup good = new RowGroup(group.window());
        for (int i = 0; i < group.size(); i++) {
          Row row = group.rows().get(i);
          int bad = BadText.fieldOf(row);
          if (bad < 0) {
            good.add(row, group.timestamp(i), 0);
          } else {
            out.add(
                ERRORS, BadText.error(row, bad, idField), Instant.ofEpochMilli(group.timestamp(i)));
          }
        }
        if (good.size() == 0) {
          return;
        }
        group = good;
        block = encoder.encode(good);
      }
      out.add(BLOCKS, block, Instant.ofEpochMilli(group.earliest()));
    }

    /** Where blocks and errors of one window go. */
    private interface Output {
      void add(TupleTag<Row> tag, Row row, Instant timestamp);
    }
  }
}
