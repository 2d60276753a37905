package org.anomalydetection.integration.salesforce;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.contract.SalesforcePaths;
import org.anomalydetection.salesforce.Describer;
import org.anomalydetection.salesforce.Fields;
import org.anomalydetection.salesforce.ReadRows;
import org.anomalydetection.salesforce.SalesforceIO;
import org.anomalydetection.salesforce.SalesforceServer;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Opportunities as the connector reads them, and as the store of the test Salesforce has them. */
final class Reading {
  private final SalesforceServer server;
  private final Fields fields;

  Reading(SalesforceServer server) throws Exception {
    this(server, Map.of());
  }

  /** Reads more columns than the contract's. */
  Reading(SalesforceServer server, Map<String, String> more) throws Exception {
    this.server = server;
    Map<String, @Nullable String> paths = new LinkedHashMap<>(SalesforcePaths.byColumn());
    paths.putAll(more);
    try (SalesforceClient client = SalesforceClient.open(server.connection())) {
      fields =
          Fields.described(
              new Describer(client), "Opportunity", paths, "Id", ContractSchema.inputKinds());
    }
  }

  /** Returns a read of all opportunities. */
  ReadRows all() {
    return SalesforceIO.readRows()
        .withConnection(server.connection())
        .from("Opportunity")
        .withFields(fields);
  }

  Schema schema() {
    return fields.columns().schema();
  }

  /** Returns the rows of those records of the store, past the API, that are not deleted. */
  List<Row> stored(Predicate<JsonNode> chosen) {
    List<Row> rows = new ArrayList<>();
    String[] paths = fields.paths().stream().flatMap(Optional::stream).toArray(String[]::new);
    String[] asked = Arrays.copyOf(paths, paths.length + 1);
    asked[paths.length] = "SystemModstamp";
    for (JsonNode record : server.records(asked).values()) {
      if (chosen.test(record)) {
        rows.add(row(record));
      }
    }
    return rows;
  }

  List<Row> stored() {
    return stored(record -> true);
  }

  private Row row(JsonNode record) {
    List<@Nullable Object> values = new ArrayList<>();
    for (Optional<String> path : fields.paths()) {
      JsonNode value = record.get(path.orElseThrow());
      values.add(
          value.isNull()
              ? null
              : value.isBoolean()
                  ? (Object) value.booleanValue()
                  : value.isNumber() ? (Object) value.doubleValue() : value.textValue());
    }
    return Row.withSchema(schema()).attachValues(values);
  }

  /**
   * Returns a pipeline that checks nothing of its own between steps, which takes most of the time.
   */
  static Pipeline pipeline() {
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setRunner(DirectRunner.class);
    options.setEnforceImmutability(false);
    options.setEnforceEncodability(false);
    return Pipeline.create(options);
  }

  private static List<Row> byId(List<Row> rows) {
    return rows.stream().sorted(Comparator.comparing(row -> row.getString("Id"))).toList();
  }

  /** Reads, and asserts that these rows come, each once, and no errors. */
  static void assertReads(ReadRows read, List<Row> expected) {
    Pipeline pipeline = pipeline();
    ReadResult result = pipeline.apply("Read", read);
    Captured.from(result, result.rows());
    pipeline.run().waitUntilFinish();
    assertEquals(byId(expected), byId(Captured.rows().stream().map(Captured.Timed::row).toList()));
    assertEquals(List.of(), Captured.errors());
    assertEquals(expected.size(), Captured.count());
  }
}
