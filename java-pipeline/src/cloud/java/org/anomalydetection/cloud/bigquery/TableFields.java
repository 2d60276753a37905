package org.anomalydetection.cloud.bigquery;

import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Rows as BigQuery can have them: under {@link ColumnNames}. Only fields of the contract are
 * required there, so that a later run may leave out any other.
 */
final class TableFields extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  /** Returns the schema of a table for rows of a schema. */
  static Schema of(Schema rows) {
    List<String> names = ColumnNames.of(rows.getFieldNames());
    List<Schema.Field> fields = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      Schema.Field field = rows.getField(i);
      boolean ofContract =
          ContractSchema.SCORED.hasField(field.getName())
              || ContractSchema.ERRORS.hasField(field.getName());
      // A list is empty rather than null.
      boolean nullable =
          field.getType().getNullable()
              || !(ofContract || field.getType().getTypeName().isCollectionType());
      fields.add(Schema.Field.of(names.get(i), field.getType()).withNullable(nullable));
    }
    return new Schema(fields);
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    Schema schema = of(rows.getSchema());
    return rows.apply(
            "AsTable",
            MapElements.into(TypeDescriptors.rows())
                .via(row -> Row.withSchema(schema).attachValues(row.getValues())))
        .setRowSchema(schema);
  }
}
