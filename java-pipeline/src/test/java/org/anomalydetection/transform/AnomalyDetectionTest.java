package org.anomalydetection.transform;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.engine.TestServers;
import org.apache.beam.model.pipeline.v1.ExternalTransforms.ExternalConfigurationPayload;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.SchemaTranslation;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;

class AnomalyDetectionTest {
  private static final Schema SCHEMA = Schema.builder().addStringField("Id").build();

  private final AnomalyDetection transform = AnomalyDetection.at("localhost:1").withModel("model");

  @Test
  void shouldSendOnlyWhatIsSet() {
    assertEquals(
        List.of("encoder_uri", "model_uri", "params_uri", "alpha", "keep_fields"),
        transform
            .withKeepFields(List.of("Name"))
            .withAlpha(0.05)
            .configuration()
            .getSchema()
            .getFieldNames());
  }

  @Test
  void shouldSendEveryFieldOfTheContract() {
    Row row =
        transform
            .withIdField("Name")
            .withAlpha(0.05)
            .withExplain(5)
            .withExplainAll(true)
            .withBatchSize(100)
            .withFollowModel(true)
            .withKeepFields(List.of("Name"))
            .configuration();
    for (String name : row.getSchema().getFieldNames()) {
      assertEquals(ContractSchema.CONFIG.getField(name), row.getSchema().getField(name));
    }
    assertEquals("Name", row.getString("id_field"));
    assertEquals(0.05, row.getDouble("alpha"));
    assertEquals(5L, row.getInt64("explain"));
    assertEquals(true, row.getBoolean("explain_all"));
    assertEquals(100L, row.getInt64("batch_size"));
    assertEquals(List.of("Name"), row.getArray("keep_fields"));
  }

  @Test
  void shouldLeaveModelUrisAsTheyAre() {
    assertEquals("model/model.params", transform.configuration().getString("params_uri"));
    assertEquals(
        "gs://b/m/encoder.pth",
        transform.withModel("gs://b/m/").configuration().getString("encoder_uri"));
  }

  @Test
  void shouldNotChangeWhatItWasMadeFrom() {
    Row before = transform.configuration();
    assertEquals(0.5, transform.withAlpha(0.5).configuration().getDouble("alpha"));
    assertEquals(before, transform.configuration());
  }

  @Test
  void shouldEncodeAPayloadThatBeamReads() throws IOException {
    Row row = transform.withExplain(2).configuration();
    ExternalConfigurationPayload payload =
        ExternalConfigurationPayload.parseFrom(ConfigurationPayload.of(row));
    Schema schema = SchemaTranslation.schemaFromProto(payload.getSchema());
    assertEquals(row.getSchema(), schema);
    assertEquals(
        row,
        RowCoder.of(schema).decode(new ByteArrayInputStream(payload.getPayload().toByteArray())));
  }

  @Test
  void shouldRequireAModel() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> rows().apply(AnomalyDetection.at("localhost:1")));
    assertThat(e.getMessage(), containsString("expected a model, found none"));
  }

  @Test
  void shouldRequireKeptFieldsToBeThere() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> rows().apply(transform.withKeepFields(List.of("Nam"))));
    assertThat(e.getMessage(), containsString("expected fields of the rows (Id), found Nam"));
  }

  @Test
  void shouldSayThatNoServiceAnswers() {
    ServiceUnavailableException e =
        assertThrows(ServiceUnavailableException.class, () -> rows().apply(transform));
    assertThat(e.getMessage(), containsString("expected an expansion service at localhost:1"));
  }

  @Test
  void shouldSayThatAnotherServerAnswers() {
    ServiceUnavailableException e =
        assertThrows(
            ServiceUnavailableException.class,
            () -> rows().apply(AnomalyDetection.at(TestServers.prism()).withModel("model")));
    assertThat(e.getMessage(), containsString("UNIMPLEMENTED"));
  }

  private static PCollection<Row> rows() {
    return Pipeline.create()
        .apply(Create.of(Row.withSchema(SCHEMA).addValue("1").build()).withRowSchema(SCHEMA));
  }
}
