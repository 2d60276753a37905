package org.anomalydetection.pipeline;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.duplicates.CopyKey;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.review.Reviewed;
import org.anomalydetection.source.Source;
import org.anomalydetection.transform.Boundary;
import org.anomalydetection.transform.ModelUris;
import org.anomalydetection.writeback.WriteBack;
import org.apache.beam.sdk.io.FileSystems;

/** Looks at all options of a run and collects what is wrong, before anything is started. */
final class OptionsCheck {
  private final ScoringOptions options;
  private final List<String> problems = new ArrayList<>();

  OptionsCheck(ScoringOptions options) {
    this.options = options;
  }

  RunPlan plan() {
    FileSystems.setDefaultPipelineOptions(options);
    numbers();
    Optional<Boundary> boundary = boundary();
    EngineCheck engineCheck = new EngineCheck(options, problems);
    Engine.Settings engine = engineCheck.settings();
    OutputCheck output = new OutputCheck(options, problems);
    output.folder();
    Sinks sinks = new SinksCheck(options, problems).sinks();
    ModelUris model = model();
    Optional<Source> source = new SourceCheck(options, problems).source(model.params());
    Optional<ColumnsCheck> asked = source.map(from -> new ColumnsCheck(options, from, problems));
    List<String> kept = asked.map(ColumnsCheck::keptColumns).orElse(List.of());
    Optional<CopyKey> copyKey = asked.flatMap(columns -> columns.copyKey(model));
    Optional<Reviewed> reviewed = reviewed();
    Optional<WriteBack> writeBack = source.isPresent() ? writeBack() : Optional.empty();
    FollowCheck following = new FollowCheck(options, problems);
    Optional<String> report =
        following.isAsked() ? Optional.empty() : output.report(engineCheck::python);
    Optional<FollowPlan> follow = source.flatMap(following::plan);
    if (source.isEmpty() || boundary.isEmpty() || !problems.isEmpty()) {
      throw new UsageException(problems);
    }
    return new RunPlan(
        options,
        source.get(),
        kept,
        model,
        boundary.get(),
        engine,
        sinks,
        copyKey,
        reviewed,
        writeBack,
        report,
        follow);
  }

  private void numbers() {
    Double alpha = options.getAlpha();
    if (alpha != null && !(alpha > 0 && alpha < 1)) {
      problems.add("--alpha: expected a number between 0 and 1, found " + alpha);
    }
    Double alertAbove = options.getAlertAbove();
    if (alertAbove != null && !(alertAbove >= 0 && alertAbove < 1)) {
      problems.add("--alertAbove: expected a share from 0 to below 1, found " + alertAbove);
    }
    Integer explain = options.getExplain();
    if (explain != null && explain < 0) {
      problems.add("--explain: expected 0 or more, found " + explain);
    }
    Integer batchSize = options.getBatchSize();
    if (batchSize != null && batchSize < 1) {
      problems.add("--batchSize: expected 1 or more, found " + batchSize);
    }
    Integer stallLimit = options.getStallLimit();
    if (stallLimit != null && stallLimit < 1) {
      problems.add("--stallLimit: expected 1 or more, found " + stallLimit);
    }
  }

  private Optional<Boundary> boundary() {
    String found = options.getBoundary();
    Optional<Boundary> boundary =
        Arrays.stream(Boundary.values()).filter(one -> one.word().equals(found)).findFirst();
    if (boundary.isEmpty()) {
      String words =
          Arrays.stream(Boundary.values()).map(Boundary::word).collect(Collectors.joining(" or "));
      problems.add("--boundary: expected " + words + ", found " + found);
    }
    return boundary;
  }

  private Optional<Reviewed> reviewed() {
    if (options.getIgnore() == null) {
      return Optional.empty();
    }
    try {
      Reviewed reviewed = Reviewed.ofFile(options.getIgnore());
      if (reviewed.needsReasons() && Integer.valueOf(0).equals(options.getExplain())) {
        problems.add(
            "--ignore: "
                + options.getIgnore()
                + " names columns, which are compared with the first reason of a row; with"
                + " --explain=0 there are no reasons");
      }
      return Optional.of(reviewed);
    } catch (InputException e) {
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }

  private ModelUris model() {
    ModelUris folder = ModelUris.in(options.getModel());
    return new ModelUris(
        Objects.requireNonNullElse(options.getEncoderUri(), folder.encoder()),
        Objects.requireNonNullElse(options.getModelUri(), folder.model()),
        Objects.requireNonNullElse(options.getParamsUri(), folder.params()));
  }

  private Optional<WriteBack> writeBack() {
    return options.getSource().equals(SourceCheck.SALESFORCE)
        ? new WriteBackCheck(options, problems).writeBack()
        : Optional.empty();
  }
}
