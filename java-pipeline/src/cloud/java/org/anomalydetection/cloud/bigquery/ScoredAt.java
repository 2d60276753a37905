package org.anomalydetection.cloud.bigquery;

import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Instant;

/**
 * Gives scored rows the time, behind the fields of the contract: a table keeps the rows of all
 * runs, and the time tells which of those of an id is the latest.
 */
final class ScoredAt extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;
  private static final int PLACE = ContractSchema.SCORED.getFieldCount();

  /** Returns the schema with the time. */
  static Schema of(Schema rows) {
    List<Schema.Field> fields = new ArrayList<>(rows.getFields());
    fields.add(PLACE, Schema.Field.nullable("scored_at", FieldType.DATETIME));
    return new Schema(fields);
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    Schema schema = of(rows.getSchema());
    return rows.apply(
            "Time",
            MapElements.into(TypeDescriptors.rows())
                .via(
                    row -> {
                      List<Object> values = new ArrayList<>(row.getValues());
                      values.add(PLACE, Instant.now());
                      return Row.withSchema(schema).attachValues(values);
                    }))
        .setRowSchema(schema);
  }
}
