package org.anomalydetection.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.anomalydetection.duplicates.CopyKey;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.review.Reviewed;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Source;
import org.anomalydetection.transform.AnomalyDetection;
import org.anomalydetection.transform.Boundary;
import org.anomalydetection.transform.ModelUris;
import org.anomalydetection.writeback.WriteBack;

/**
 * What a run does, worked out of options that were checked together.
 *
 * @param options the options themselves
 * @param source where rows come from
 * @param keptColumns the input columns that scored rows carry
 * @param model where the model is
 * @param boundary how rows cross the language boundary
 * @param engine what runs already and what is started
 * @param sinks where results go
 * @param copyKey when rows are copies of each other, if duplicates are looked for
 * @param reviewed which odd rows have been reviewed, if a file says so
 * @param writeBack where scores are written beside the files, if they are
 * @param report the command that makes the report, if one is to be made
 * @param follow what a run without an end does, if this is one
 */
public record RunPlan(
    ScoringOptions options,
    Source source,
    List<String> keptColumns,
    ModelUris model,
    Boundary boundary,
    Engine.Settings engine,
    Sinks sinks,
    Optional<CopyKey> copyKey,
    Optional<Reviewed> reviewed,
    Optional<WriteBack> writeBack,
    Optional<String> report,
    Optional<FollowPlan> follow) {

  /**
   * Checks options and works out what to do.
   *
   * @throws UsageException with all that is wrong, if anything is
   */
  public static RunPlan of(ScoringOptions options) {
    return new OptionsCheck(options).plan();
  }

  /** Tells whether this becomes a template, which others start. */
  boolean isTemplate() {
    return engine.managed().map(runner -> runner.isTemplate(options)).orElse(false);
  }

  /** Returns the columns of the input. */
  public Columns columns() {
    return source.columns();
  }

  /**
   * Returns the input columns that come back from the transform: those kept, and those compared.
   */
  List<String> returnedColumns() {
    Stream<String> compared = copyKey.stream().flatMap(key -> key.all().stream());
    return Stream.concat(keptColumns.stream(), compared).distinct().toList();
  }

  /** Returns the transform at an address, with the options that were given. */
  AnomalyDetection transform(String expansionService) {
    AnomalyDetection transform =
        AnomalyDetection.at(expansionService)
            .withUris(model.encoder(), model.model(), model.params())
            .withBoundary(boundary)
            .withIdField(columns().idColumn())
            .withKeepFields(returnedColumns());
    if (follow.isPresent()) {
      transform = transform.withFollowModel(true);
    }
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
