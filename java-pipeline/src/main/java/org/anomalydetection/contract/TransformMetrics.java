package org.anomalydetection.contract;

import com.fasterxml.jackson.databind.JsonNode;

/** The counters of the Python transform, and when they tell of a drift, from the contract. */
public final class TransformMetrics {
  private static final JsonNode CONTRACT = ContractJson.read("contract.json");
  private static final JsonNode METRICS = CONTRACT.required("metrics");
  private static final JsonNode DRIFT = CONTRACT.required("drift");

  /** The namespace of the counters. */
  public static final String NAMESPACE = name("namespace");

  /** Rows scored. */
  public static final String SCORED = name("scored");

  /** Rows in error. */
  public static final String ERRORS = name("errors");

  /** Rows labelled as outliers. */
  public static final String ODD = name("odd");

  /** How many of so many ordinary rows would be labelled, in {@link #UNIT}s. */
  public static final String ODD_EXPECTED = name("odd_expected");

  /** With a column's name behind it: rows with a value there that training never saw. */
  public static final String UNSEEN = name("unseen");

  /** With a column's name behind it: how many of those are expected, in {@link #UNIT}s. */
  public static final String UNSEEN_EXPECTED = name("unseen_expected");

  /** With a model's id behind it: rows that it scored, where models change. */
  public static final String SCORED_BY = name("scored_by");

  /** With the reason behind it: how often a new model was refused. */
  public static final String MODEL_REFUSED = name("model_refused");

  /** Rows scored for each row of the training, in {@link #UNIT}s. */
  public static final String PER_TRAINING_ROW = name("per_training_row");

  /** Rows scored for each row of the calibration, in {@link #UNIT}s. */
  public static final String PER_CALIBRATION_ROW = name("per_calibration_row");

  /** What stands for 1 in a counter of parts. */
  public static final double UNIT = METRICS.required("unit").asDouble();

  /** So many deviations from the expected number are out of range. */
  public static final double DEVIATIONS = DRIFT.required("deviations").asDouble();

  /** So many rows beyond that are still in range. */
  public static final double ROWS = DRIFT.required("rows").asDouble();

  /** Odd rows may be so many times as many as of ordinary rows. */
  public static final double ODD_TIMES = DRIFT.required("odd_times").asDouble();

  private TransformMetrics() {}

  private static String name(String key) {
    return METRICS.required(key).asText();
  }
}
