package org.anomalydetection.client;

import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.Contract;
import org.anomalydetection.transform.AnomalyDetection;
import org.anomalydetection.transform.Boundary;
import org.anomalydetection.transform.Payloads;
import org.apache.beam.sdk.extensions.python.PythonExternalTransform;
import org.apache.beam.sdk.util.construction.External;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.Row;

/** How a Java pipeline can reach the transform. */
enum Way {
  /** By Beam's {@code External} and the URN. */
  URN {
    @Override
    Map<String, PCollection<Row>> expand(PCollection<Row> rows, Row config, String address) {
      return both(
          rows.apply(External.of(Contract.URN, Payloads.of(config), address).withMultiOutputs()));
    }
  },
  /** By the name of the Python class. */
  NAME {
    @Override
    Map<String, PCollection<Row>> expand(PCollection<Row> rows, Row config, String address) {
      return both(
          rows.apply(
              PythonExternalTransform.<PCollection<Row>, PCollectionTuple>from(
                      Contract.TRANSFORM, address)
                  .withKwargs(config)));
    }
  },
  /** By the wrapper, one row at a time. */
  ROWS {
    @Override
    Map<String, PCollection<Row>> expand(PCollection<Row> rows, Row config, String address) {
      return wrapped(rows, config, address, Boundary.ROWS);
    }
  },
  /** By the wrapper, in blocks of columns. */
  COLUMNS {
    @Override
    Map<String, PCollection<Row>> expand(PCollection<Row> rows, Row config, String address) {
      return wrapped(rows, config, address, Boundary.COLUMNS);
    }
  };

  /** Applies the transform, and returns its outputs by their tags. */
  abstract Map<String, PCollection<Row>> expand(PCollection<Row> rows, Row config, String address);

  private static Map<String, PCollection<Row>> both(PCollectionTuple outputs) {
    return Map.of(
        Contract.SCORED_TAG, outputs.get(Contract.SCORED_TAG),
        Contract.ERRORS_TAG, outputs.get(Contract.ERRORS_TAG));
  }

  private static Map<String, PCollection<Row>> wrapped(
      PCollection<Row> rows, Row config, String address, Boundary boundary) {
    AnomalyDetection transform = AnomalyDetection.at(address).withBoundary(boundary);
    transform =
        transform.withUris(
            config.getString("encoder_uri"),
            config.getString("model_uri"),
            config.getString("params_uri"));
    for (String option : config.getSchema().getFieldNames()) {
      transform =
          switch (option) {
            case "encoder_uri", "model_uri", "params_uri" -> transform;
            case "explain_all" -> transform.withExplainAll(config.getBoolean(option));
            case "keep_fields" -> transform.withKeepFields(List.copyOf(config.getArray(option)));
            default -> throw new IllegalArgumentException("config: " + option);
          };
    }
    AnomalyDetection.Result result = rows.apply(transform);
    return Map.of(
        Contract.SCORED_TAG, result.scored(),
        Contract.ERRORS_TAG, result.errors());
  }
}
