package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.anomalydetection.Project;
import org.anomalydetection.contract.Contract;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.Header;
import org.anomalydetection.csv.ReadCsv;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.source.Columns;
import org.anomalydetection.transform.AnomalyDetection;
import org.anomalydetection.transform.ExpansionException;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.python.PythonExternalTransform;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;

/** The transform in somebody else's pipeline. */
class TransformTest {
  private static final Map<String, Queue<Row>> COLLECTED = new ConcurrentHashMap<>();
  private static final String MODEL = Project.file("pretrained").toString();

  @Test
  void shouldScoreAlikeByUrnAndByName() {
    String sample = Project.file("data/opportunities.csv").toString();
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(PortableRunner.class);
    try (Engine engine = RunningService.engine(options)) {
      Pipeline pipeline = Pipeline.create(options);
      Columns columns = Header.read(sample, "Id", ContractSchema.inputKinds());
      PCollection<Row> rows = pipeline.apply(ReadCsv.from(sample, columns)).rows();
      AnomalyDetection.Result byUrn =
          rows.apply(
              "ByUrn",
              AnomalyDetection.at(engine.expansionService())
                  .withModel(MODEL)
                  .withKeepFields(List.of("Name", "Amount")));
      PCollectionTuple byName =
          rows.apply(
              "ByName",
              PythonExternalTransform.<PCollection<Row>, PCollectionTuple>from(
                      Contract.TRANSFORM, engine.expansionService())
                  .withKwarg("encoder_uri", MODEL + "/encoder.pth")
                  .withKwarg("model_uri", MODEL + "/anomaly_detection.model")
                  .withKwarg("params_uri", MODEL + "/model.params"));
      assertEquals(
          ContractSchema.SCORED.getFieldNames(),
          byName.<Row>get(Contract.SCORED_TAG).getSchema().getFieldNames());
      SameFields.require(ContractSchema.ERRORS, byUrn.errors().getSchema());
      Schema scored = byUrn.scored().getSchema();
      assertEquals(
          List.of("Name", "Amount"),
          scored
              .getFieldNames()
              .subList(ContractSchema.SCORED.getFieldCount(), scored.getFieldCount()));
      byUrn.scored().apply("CollectByUrn", ParDo.of(new Collect("urn")));
      byName.<Row>get(Contract.SCORED_TAG).apply("CollectByName", ParDo.of(new Collect("name")));
      pipeline.run().waitUntilFinish();
    }
    Map<String, Double> byUrn = scores("urn");
    assertEquals(2000, byUrn.size());
    assertEquals(byUrn, scores("name"));
  }

  @Test
  void shouldNameAColumnOfTheWrongType() {
    Schema schema =
        Schema.builder()
            .addFields(
                ContractSchema.INPUT.getFields().stream()
                    .map(
                        field ->
                            field.getName().equals("Amount")
                                ? field.withType(FieldType.STRING.withNullable(true))
                                : field)
                    .toList())
            .build();
    ExpansionException e = assertThrows(ExpansionException.class, () -> expand(schema));
    assertThat(e.getMessage(), containsString("Amount"));
    assertThat(e.getMessage(), containsString("DOUBLE"));
    assertThat(e.getMessage(), containsString("STRING"));
    assertEquals("anomaly_detection.errors.SchemaError", e.pythonType());
  }

  @Test
  void shouldNameAColumnThatIsMissing() {
    Schema schema = Schema.builder().addStringField("Id").build();
    ExpansionException e = assertThrows(ExpansionException.class, () -> expand(schema));
    assertThat(e.getMessage(), containsString("'AccountType': expected STRING"));
    assertThat(e.getMessage(), containsString("found no such column; there are Id"));
    assertEquals("anomaly_detection.errors.SchemaError", e.pythonType());
  }

  @Test
  void shouldRefuseAnAlphaThatIsNone() {
    ExpansionException e =
        assertThrows(
            ExpansionException.class,
            () ->
                rows(ContractSchema.INPUT)
                    .apply(
                        AnomalyDetection.at(RunningService.address())
                            .withModel(MODEL)
                            .withAlpha(7)));
    assertThat(e.getMessage(), containsString("alpha"));
    assertEquals("anomaly_detection.errors.ConfigError", e.pythonType());
  }

  private static void expand(Schema schema) {
    rows(schema).apply(AnomalyDetection.at(RunningService.address()).withModel(MODEL));
  }

  private static PCollection<Row> rows(Schema schema) {
    return Pipeline.create().apply(Create.empty(schema));
  }

  private static Map<String, Double> scores(String name) {
    Map<String, Double> scores = new TreeMap<>();
    COLLECTED.get(name).forEach(row -> scores.put(row.getString("id"), row.getDouble("score")));
    return scores;
  }

  /** Hands rows to the test, whose process the Java worker runs in. */
  private static final class Collect extends DoFn<Row, Void> {
    private static final long serialVersionUID = 1L;

    private final String name;

    Collect(String name) {
      this.name = name;
    }

    @ProcessElement
    public void process(@Element Row row) {
      COLLECTED.computeIfAbsent(name, key -> new ConcurrentLinkedQueue<>()).add(row);
    }
  }
}
