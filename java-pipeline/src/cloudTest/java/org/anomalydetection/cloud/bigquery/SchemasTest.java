package org.anomalydetection.cloud.bigquery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.api.services.bigquery.model.TableFieldSchema;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.io.gcp.bigquery.BigQueryUtils;
import org.apache.beam.sdk.schemas.Schema;
import org.junit.jupiter.api.Test;

/** The committed schemas are those of the tables that a run of all columns makes. */
class SchemasTest {
  @Test
  void shouldBeThoseOfTheContract() {
    Schema.Builder scored = Schema.builder();
    ContractSchema.SCORED.getFields().forEach(scored::addField);
    ContractSchema.INPUT.getFields().forEach(scored::addField);
    assertEquals(text(ScoredAt.of(scored.build())), Project.text("contract/bigquery/scored.json"));
    assertEquals(text(ContractSchema.ERRORS), Project.text("contract/bigquery/errors.json"));
  }

  private static String text(Schema rows) {
    return lines(BigQueryUtils.toTableSchema(TableFields.of(rows)).getFields(), "") + "\n";
  }

  private static String lines(List<TableFieldSchema> fields, String indent) {
    return fields.stream()
        .map(field -> indent + "  " + line(field, indent + "  "))
        .collect(Collectors.joining(",\n", "[\n", "\n" + indent + "]"));
  }

  private static String line(TableFieldSchema field, String indent) {
    String inner =
        field.getFields() == null ? "" : ", \"fields\": " + lines(field.getFields(), indent);
    return String.format(
        "{\"name\": \"%s\", \"type\": \"%s\", \"mode\": \"%s\"%s}",
        field.getName(),
        field.getType(),
        Objects.requireNonNullElse(field.getMode(), "NULLABLE"),
        inner);
  }
}
