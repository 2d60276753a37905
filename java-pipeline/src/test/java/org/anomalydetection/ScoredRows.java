package org.anomalydetection;

import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Scored rows for tests. */
public final class ScoredRows {
  private static final Schema REASON =
      ContractSchema.SCORED.getField("reasons").getType().getCollectionElementType().getRowSchema();

  private ScoredRows() {}

  /** Returns a row with the fields of the contract; it has no reason where the field is null. */
  public static Row of(String id, double score, @Nullable String reason) {
    return of(id, score, reason, "1");
  }

  /** Returns a row whose reason, where it has one, is this value. */
  public static Row of(String id, double score, @Nullable String reason, String value) {
    return Row.withSchema(ContractSchema.SCORED)
        .withFieldValue("id", id)
        .withFieldValue("score", score)
        .withFieldValue("label", score >= 0.5 ? 1L : 0L)
        .withFieldValue("threshold", 0.5)
        .withFieldValue("p_value", 1 - score)
        .withFieldValue("cluster", 0L)
        .withFieldValue("membership", 1.0)
        .withFieldValue("outlier_score", 0.0)
        .withFieldValue("model_id", "m")
        .withFieldValue(
            "reasons",
            reason == null
                ? List.of()
                : List.of(Row.withSchema(REASON).addValues(reason, value, null, 1.0).build()))
        .build();
  }
}
