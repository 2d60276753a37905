package org.anomalydetection.cloud.bigquery;

import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;

/** Writes scored rows, and gives those that BigQuery refused as rows of the contract's errors. */
final class WriteScored extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  private final transient BigQueryTables tables;
  private final RefusedRow refused;

  WriteScored(BigQueryTables tables, RefusedRow refused) {
    this.tables = tables;
    this.refused = refused;
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    PCollection<Row> timed = rows.apply("ScoredAt", new ScoredAt());
    Schema schema = timed.getSchema();
    RefusedRow record = refused;
    PCollection<Row> fields = timed.apply("Fields", new TableFields());
    return fields
        .apply(
            "Write",
            tables
                .writeScored(fields)
                .withFormatRecordOnFailureFunction(row -> record.kept(row, schema)))
        .getFailedStorageApiInserts()
        .apply("Refused", MapElements.into(TypeDescriptors.rows()).via(record::error))
        .setRowSchema(ContractSchema.ERRORS);
  }
}
