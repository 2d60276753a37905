package org.anomalydetection.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.anomalydetection.JsonRows;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/**
 * Rows to be scored, and how.
 *
 * @param json its {@code name}, {@code way}, {@code fields} and {@code rows}, and in {@code config}
 *     the fields and the one row of the configuration
 */
record Case(JsonNode json) {
  String name() {
    return json.required("name").asText();
  }

  /** Adds the case to a pipeline, and returns the transform's outputs by their tags. */
  Map<String, PCollection<Row>> expand(Pipeline pipeline, String address)
      throws JsonProcessingException {
    Schema schema = JsonRows.schema(json.required("fields"));
    // As ASCII, since half of a surrogate pair survives no coder.
    PCollection<Row> rows =
        pipeline
            .apply(
                name() + ": Text",
                Create.of(ContractClient.MAPPER.writeValueAsString(json.required("rows"))))
            .apply(name() + ": Rows", ParDo.of(new ParseFn(schema)))
            .setRowSchema(schema);
    JsonNode config = json.required("config");
    return Way.valueOf(json.required("way").asText())
        .expand(
            rows,
            JsonRows.row(JsonRows.schema(config.required("fields")), config.required("row")),
            address);
  }

  private static final class ParseFn extends DoFn<String, Row> {
    private static final long serialVersionUID = 1L;

    private final Schema schema;

    ParseFn(Schema schema) {
      this.schema = schema;
    }

    @ProcessElement
    public void process(@Element String text, OutputReceiver<Row> out)
        throws JsonProcessingException {
      for (JsonNode row : ContractClient.MAPPER.readTree(text)) {
        out.output(JsonRows.row(schema, row));
      }
    }
  }
}
