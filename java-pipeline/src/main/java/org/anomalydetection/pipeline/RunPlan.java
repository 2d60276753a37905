package org.anomalydetection.pipeline;

import java.util.List;
import org.anomalydetection.csv.Columns;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.transform.AnomalyDetection;
import org.anomalydetection.transform.ModelUris;

/**
 * What a run does, worked out of options that were checked together.
 *
 * @param options the options themselves
 * @param columns the columns of the input
 * @param keptColumns the input columns that scored rows carry
 * @param model where the model is
 * @param engine what runs already and what is started
 */
public record RunPlan(
    ScoringOptions options,
    Columns columns,
    List<String> keptColumns,
    ModelUris model,
    Engine.Settings engine) {

  /**
   * Checks options and works out what to do.
   *
   * @throws UsageException with all that is wrong, if anything is
   */
  public static RunPlan of(ScoringOptions options) {
    return new OptionsCheck(options).plan();
  }

  /** Returns the transform at an address, with the options that were given. */
  AnomalyDetection transform(String expansionService) {
    AnomalyDetection transform =
        AnomalyDetection.at(expansionService)
            .withUris(model.encoder(), model.model(), model.params())
            .withIdField(columns.idColumn())
            .withKeepFields(keptColumns);
    if (options.getAlpha() != null) {
      transform = transform.withAlpha(options.getAlpha());
    }
    if (options.getExplain() != null) {
      transform = transform.withExplain(options.getExplain());
    }
    if (options.getExplainAll() != null) {
      transform = transform.withExplainAll(options.getExplainAll());
    }
    if (options.getBatchSize() != null) {
      transform = transform.withBatchSize(options.getBatchSize());
    }
    return transform;
  }
}
