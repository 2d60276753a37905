package org.anomalydetection.cloud.bigquery;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.api.services.bigquery.model.TableRow;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.tables.Tables;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollection.IsBounded;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BigQueryTablesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final FieldType REASON =
      ContractSchema.SCORED.getField("reasons").getType().getCollectionElementType();

  private static final Schema SCHEMA =
      Schema.builder()
          .addFields(ContractSchema.SCORED.getFields())
          .addStringField("Id")
          .addNullableDoubleField("Amount")
          .addNullableBooleanField("Is Won")
          .build();

  private final Pipeline pipeline = pipeline();
  private String table;

  @BeforeEach
  void emptyBigQuery() throws Exception {
    table = FakeBigQuery.reset();
  }

  private static Pipeline pipeline() {
    return Pipeline.create(
        PipelineOptionsFactory.fromArgs(FakeBigQuery.OPTIONS.toArray(String[]::new)).create());
  }

  @ParameterizedTest
  @EnumSource
  void shouldHoldEveryRowWithItsValues(IsBounded bounded) throws Exception {
    PCollection<Row> refused = scored(bounded, rows(100));
    PAssert.that(refused).empty();
    pipeline.run().waitUntilFinish();
    List<TableRow> found = FakeBigQuery.rows(table);
    assertEquals(100, found.size());
    assertEquals(ids(0, 100), ids(found));
    // BigQuery takes names in any case, and Beam sends them in lower case.
    TableRow row = found.stream().filter(one -> one.get("id").equals("row-7")).findFirst().get();
    assertEquals(0.5, row.get("score"));
    assertEquals("1", String.valueOf(row.get("label")));
    assertEquals("row-7", row.get("input_id"));
    assertEquals(7.25, row.get("amount"));
    assertEquals(true, row.get("is_won"));
    assertThat(row.get("reasons").toString(), containsString("Negotiation"));
    assertNotNull(row.get("scored_at"));
  }

  @ParameterizedTest
  @EnumSource
  void shouldGiveAnErrorWithTheRecordForEveryRefusedRow(IsBounded bounded) throws Exception {
    FakeBigQuery.refuse(
        (Function<TableRow, Boolean> & Serializable) row -> row.get("id").toString().endsWith("3"));
    String source = table;
    PCollection<Row> refused = scored(bounded, rows(20));
    PAssert.that(refused)
        .satisfies(
            errors -> {
              List<String> seen = new ArrayList<>();
              for (Row error : errors) {
                seen.add(error.getString("id"));
                assertEquals("write table", error.getString("stage"));
                assertEquals(source, error.getString("source"));
                assertThat(error.getString("error"), containsString("BigQuery refused the row: "));
                assertEquals(element(error.getString("id")), json(error.getString("element")));
              }
              assertEquals(List.of("row-13", "row-3"), seen.stream().sorted().toList());
              return null;
            });
    pipeline.run().waitUntilFinish();
    List<TableRow> found = FakeBigQuery.rows(table);
    assertEquals(18, found.size());
  }

  @Test
  void shouldRefuseRowsThatATableOfAnotherFormCannotHold() throws Exception {
    pipeline
        .apply(Create.of(rows(1)).withRowSchema(SCHEMA))
        .apply(Tables.at(table).scored("Id", List.of()));
    pipeline.run().waitUntilFinish();
    Schema wider = Schema.builder().addFields(SCHEMA.getFields()).addStringField("New").build();
    List<Row> rows =
        rows(3).stream()
            .map(row -> Row.withSchema(wider).addValues(row.getValues()).addValue("x").build())
            .toList();
    Pipeline second = pipeline();
    PCollection<Row> refused =
        second
            .apply(Create.of(rows).withRowSchema(wider))
            .apply(Tables.at(table).scored("Id", List.of("Id", "New")));
    PAssert.thatSingleton(refused.apply(Count.globally())).isEqualTo(3L);
    second.run().waitUntilFinish();
    assertEquals(1, FakeBigQuery.rows(table).size());
  }

  @Test
  void shouldWriteErrorsBesideTheTable() throws Exception {
    Row error =
        Row.withSchema(ContractSchema.ERRORS)
            .withFieldValue("source", "in.csv")
            .withFieldValue("row", 4L)
            .withFieldValue("error", "Amount: expected a number, found x")
            .withFieldValue("stage", "read")
            .withFieldValue("element", "{}")
            .build();
    pipeline
        .apply(Create.of(error).withRowSchema(ContractSchema.ERRORS))
        .apply(Tables.at(table).errors());
    pipeline.run().waitUntilFinish();
    List<TableRow> found = FakeBigQuery.rows(table + "_errors");
    assertEquals(1, found.size());
    assertEquals("4", String.valueOf(found.get(0).get("row")));
    assertEquals("in.csv", found.get(0).get("source"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"example.com:project-1:crm.scored", "project-1:crm.scored-2024"})
  void shouldBeFoundByTheirAddress(String address) {
    assertEquals(BigQueryTables.class, new BigQueryProvider().at(address).getClass());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "scored", "crm.scored", "p:crm.scored", "project-1:crm.a b", "x:y:z"})
  void shouldSayWhatAnAddressIs(String address) {
    Exception e =
        assertThrows(IllegalArgumentException.class, () -> new BigQueryProvider().at(address));
    assertEquals(
        "expected a table of BigQuery, as project:dataset.table, found " + address, e.getMessage());
  }

  private PCollection<Row> scored(IsBounded bounded, List<Row> rows) {
    return pipeline
        .apply(Create.of(rows).withRowSchema(SCHEMA))
        .setIsBoundedInternal(bounded)
        .apply(Tables.at(table).scored("Id", List.of("Id", "Amount", "Is Won")));
  }

  private static List<Row> rows(int count) {
    return IntStream.range(0, count).mapToObj(BigQueryTablesTest::row).toList();
  }

  private static Row row(int number) {
    Row reason =
        Row.withSchema(REASON.getRowSchema())
            .addValues("Stage", "Closed Won", "Negotiation", 0.75)
            .build();
    return Row.withSchema(SCHEMA)
        .addValues("row-" + number, 0.5, 1L, 0.4, 0.01, -1L, 0.0, 0.9, "m1", List.of(reason))
        .addValues("row-" + number, number + 0.25, number % 2 == 1)
        .build();
  }

  private static JsonNode element(String id) {
    int number = Integer.parseInt(id.substring("row-".length()));
    return MAPPER.valueToTree(Map.of("Id", id, "Amount", number + 0.25, "Is Won", number % 2 == 1));
  }

  private static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> ids(int from, int to) {
    return IntStream.range(from, to).mapToObj(number -> "row-" + number).sorted().toList();
  }

  private static List<String> ids(List<TableRow> rows) {
    return rows.stream().map(row -> row.get("id").toString()).sorted().toList();
  }
}
