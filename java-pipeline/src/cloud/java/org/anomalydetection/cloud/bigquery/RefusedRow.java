package org.anomalydetection.cloud.bigquery;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.api.services.bigquery.model.TableRow;
import java.io.Serializable;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.tables.Tables;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryStorageApiInsertError;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;

/** Makes an error of the contract of a scored row that BigQuery refused. */
final class RefusedRow implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String ID = "id";
  private static final String ELEMENT = "element";

  private final String idColumn;

  @SuppressWarnings("serial") // a list of strings
  private final List<String> columns;

  private final String table;

  RefusedRow(String idColumn, List<String> columns, String table) {
    this.idColumn = idColumn;
    this.columns = List.copyOf(columns);
    this.table = table;
  }

  /**
   * Returns what of a row reaches {@link #error}: its id, and the record that it was read from.
   *
   * @param row as it comes into the table
   * @param schema as it was scored
   */
  TableRow kept(Row row, Schema schema) {
    String id = row.getString(schema.indexOf(ID));
    ObjectNode element = MAPPER.createObjectNode().put(idColumn, id);
    for (String column : columns) {
      element.set(column, MAPPER.valueToTree(row.getValue(schema.indexOf(column))));
    }
    return new TableRow().set(ID, id).set(ELEMENT, element.toString());
  }

  /** Returns the error. */
  Row error(BigQueryStorageApiInsertError refused) {
    return Row.withSchema(ContractSchema.ERRORS)
        .withFieldValue("source", table)
        .withFieldValue("row", null)
        .withFieldValue(ID, refused.getRow().get(ID))
        .withFieldValue("column", null)
        .withFieldValue("expected", null)
        .withFieldValue("found", null)
        .withFieldValue("error", "BigQuery refused the row: " + refused.getErrorMessage())
        .withFieldValue("stage", Tables.STAGE)
        .withFieldValue(ELEMENT, refused.getRow().get(ELEMENT))
        .build();
  }
}
