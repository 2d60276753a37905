package org.anomalydetection.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.anomalydetection.Project;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.util.RowJson;
import org.apache.beam.sdk.util.RowJsonUtils;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ContractSchemaTest {
  private static final Map<String, Schema> SCHEMAS =
      Map.of(
          "config", ContractSchema.CONFIG,
          "input", ContractSchema.INPUT,
          "scored", ContractSchema.SCORED,
          "errors", ContractSchema.ERRORS);

  static Stream<JsonNode> encodings() throws IOException {
    JsonNode all = new ObjectMapper().readTree(Project.text("contract/golden/encodings.json"));
    return StreamSupport.stream(all.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void shouldEncodeAsPythonDoes(JsonNode golden) throws IOException {
    Schema schema = SCHEMAS.get(golden.required("schema").asText());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    RowCoder.of(schema).encode(row(schema, golden.required("value")), bytes);
    // Where the two differ, Java leaves out the last zeros of the bits that mark nulls.
    String expected = golden.path("java_hex").asText(golden.required("row_coder_hex").asText());
    assertEquals(expected, HexFormat.of().formatHex(bytes.toByteArray()));
  }

  @ParameterizedTest
  @MethodSource("encodings")
  void shouldDecodeWhatPythonEncodes(JsonNode golden) throws IOException {
    Schema schema = SCHEMAS.get(golden.required("schema").asText());
    byte[] bytes = HexFormat.of().parseHex(golden.required("row_coder_hex").asText());
    assertEquals(
        row(schema, golden.required("value")),
        RowCoder.of(schema).decode(new ByteArrayInputStream(bytes)));
  }

  @Test
  void shouldHaveGoldenRowsOfEverySchema() throws IOException {
    for (String schema : SCHEMAS.keySet()) {
      assertTrue(
          encodings().anyMatch(golden -> golden.required("schema").asText().equals(schema)),
          schema);
    }
  }

  @Test
  void shouldReadDatesOfTheInputAsDates() {
    assertEquals(CellKind.DATE, ContractSchema.inputKinds().get("CloseDate"));
    assertEquals(Schema.FieldType.STRING, CellKind.DATE.type());
    assertEquals(CellKind.DOUBLE, ContractSchema.inputKinds().get("Amount"));
  }

  private static Row row(Schema schema, JsonNode value) {
    return RowJsonUtils.jsonToRow(
        RowJsonUtils.newObjectMapperWith(
            RowJson.RowJsonDeserializer.forSchema(schema)
                .withNullBehavior(RowJson.RowJsonDeserializer.NullBehavior.ACCEPT_MISSING_OR_NULL)),
        value.toString());
  }
}
