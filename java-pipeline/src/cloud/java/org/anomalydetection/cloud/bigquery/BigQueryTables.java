package org.anomalydetection.cloud.bigquery;

import java.util.List;
import org.anomalydetection.pipeline.ScoringOptions;
import org.anomalydetection.tables.Tables;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryIO;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryIO.Write.CreateDisposition;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryIO.Write.Method;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryIO.Write.WriteDisposition;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryServices;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryUtils;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A table of BigQuery, and the one of errors, whose name has {@code _errors} behind that. */
final class BigQueryTables implements Tables {
  private final String table;
  private final @Nullable BigQueryServices services;

  /**
   * @param table as {@code project:dataset.table}
   * @param services what stands for BigQuery in a test, null for itself
   */
  BigQueryTables(String table, @Nullable BigQueryServices services) {
    this.table = table;
    this.services = services;
  }

  @Override
  public PTransform<PCollection<Row>, PCollection<Row>> scored(
      String idColumn, List<String> columns) {
    return new WriteScored(this, new RefusedRow(idColumn, columns, table));
  }

  @Override
  public PTransform<PCollection<Row>, PDone> errors() {
    return new WriteErrors(this);
  }

  BigQueryIO.Write<Row> writeScored(PCollection<Row> rows) {
    return write(table, rows);
  }

  BigQueryIO.Write<Row> writeErrors(PCollection<Row> rows) {
    return write(table + "_errors", rows);
  }

  /**
   * Writes rows whose fields have names of BigQuery. A batch has each row once; what has no end
   * goes into the table as it comes, where a row may stand twice after a fault.
   *
   * <p>Beam's own way for rows, without a format function, fails where a table that is there
   * already lacks a column; this way the table refuses the rows.
   */
  private BigQueryIO.Write<Row> write(String name, PCollection<Row> rows) {
    BigQueryIO.Write<Row> write =
        BigQueryIO.<Row>write()
            .to(name)
            .withSchema(BigQueryUtils.toTableSchema(rows.getSchema()))
            .withFormatFunction(BigQueryUtils::toTableRow)
            .withMethod(
                rows.isBounded() == IsBounded.BOUNDED
                    ? Method.STORAGE_WRITE_API
                    : Method.STORAGE_API_AT_LEAST_ONCE)
            .withCreateDisposition(CreateDisposition.CREATE_IF_NEEDED)
            .withWriteDisposition(WriteDisposition.WRITE_APPEND);
    ScoringOptions options = rows.getPipeline().getOptions().as(ScoringOptions.class);
    if (Boolean.TRUE.equals(options.getDryRun())) {
      // Nobody is asked for the dataset.
      write = write.withoutValidation();
    }
    return services == null ? write : write.withTestServices(services);
  }
}
