package org.anomalydetection.review;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/** Gives scored rows one more field: whether they are odd and somebody has reviewed that. */
public final class MarkIgnored extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  /** The field that is added. */
  public static final String FIELD = "ignored";

  private final Reviewed reviewed;

  private MarkIgnored(Reviewed reviewed) {
    this.reviewed = reviewed;
  }

  /** Marks what has been reviewed. */
  public static MarkIgnored by(Reviewed reviewed) {
    return new MarkIgnored(reviewed);
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> scored) {
    Schema schema =
        Schema.builder()
            .addFields(scored.getSchema().getFields())
            .addField(FIELD, FieldType.BOOLEAN)
            .build();
    return scored.apply("Mark", ParDo.of(new MarkFn(reviewed, schema))).setRowSchema(schema);
  }

  private static final class MarkFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final Reviewed reviewed;
    private final Schema schema;

    MarkFn(Reviewed reviewed, Schema schema) {
      this.reviewed = reviewed;
      this.schema = schema;
    }

    @ProcessElement
    public void process(@Element Row row, OutputReceiver<Row> out) {
      List<Object> values = new ArrayList<>(row.getValues());
      values.add(!reviewed.matching(row).isEmpty());
      out.output(Row.withSchema(schema).attachValues(values));
    }
  }
}
