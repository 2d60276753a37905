package org.anomalydetection.columns;

import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/**
 * Unpacks the blocks that come back into scored rows, each with its own timestamp and in the window
 * of its block.
 */
public final class UnpackRows extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  private final Schema rows;

  private UnpackRows(Schema rows) {
    this.rows = rows;
  }

  /**
   * Unpacks blocks.
   *
   * @param sent the schema of the rows that were packed
   * @param kept the fields of theirs that scored rows carry too
   */
  public static UnpackRows of(Schema sent, Iterable<String> kept) {
    Schema.Builder rows = Schema.builder().addFields(ContractSchema.SCORED.getFields());
    kept.forEach(name -> rows.addField(sent.getField(name)));
    return new UnpackRows(rows.build());
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> blocks) {
    return blocks.apply("Unpack", ParDo.of(new UnpackFn(rows))).setRowSchema(rows);
  }

  static final class UnpackFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Schema rows;
    private transient @Nullable BlockDecoder decoder;

    UnpackFn(Schema rows) {
      this.rows = rows;
    }

    @Setup
    public void setup() {
      decoder = new BlockDecoder(rows);
    }

    @ProcessElement
    public void process(@Element Row block, @Timestamp Instant earliest, OutputReceiver<Row> out) {
      decoder.decode(
          block,
          earliest.getMillis(),
          (row, timestamp) -> out.outputWithTimestamp(row, Instant.ofEpochMilli(timestamp)));
    }
  }
}
