package org.anomalydetection.transform;

import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/** Gives rows another schema, whose fields hold the same values in the same order. */
final class Rename extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  private final Schema target;

  Rename(Schema target) {
    this.target = target;
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    return rows.apply("Rename", ParDo.of(new RenameFn(target))).setRowSchema(target);
  }

  private static final class RenameFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Schema target;

    RenameFn(Schema target) {
      this.target = target;
    }

    @ProcessElement
    public void process(@Element Row row, OutputReceiver<Row> out) {
      out.output(Row.withSchema(target).attachValues(row.getValues()));
    }
  }
}
