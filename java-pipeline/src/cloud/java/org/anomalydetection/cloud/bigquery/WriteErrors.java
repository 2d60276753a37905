package org.anomalydetection.cloud.bigquery;

import org.apache.beam.sdk.io.gcp.bigquery.BigQueryStorageApiInsertError;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes errors. */
final class WriteErrors extends PTransform<PCollection<Row>, PDone> {
  private static final long serialVersionUID = 1L;

  private final transient BigQueryTables tables;

  WriteErrors(BigQueryTables tables) {
    this.tables = tables;
  }

  @Override
  public PDone expand(PCollection<Row> rows) {
    PCollection<Row> fields = rows.apply("Fields", new TableFields());
    fields
        .apply("Write", tables.writeErrors(fields))
        .getFailedStorageApiInserts()
        .apply("Refused", ParDo.of(new LogFn()));
    return PDone.in(rows.getPipeline());
  }

  private static final class LogFn extends DoFn<BigQueryStorageApiInsertError, Void> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(WriteErrors.class);

    /** Says why without the row, which is in the files and may be nobody else's business. */
    @ProcessElement
    public void process(@Element BigQueryStorageApiInsertError refused) {
      LOG.error("BigQuery refused a row of errors: {}", refused.getErrorMessage());
    }
  }
}
