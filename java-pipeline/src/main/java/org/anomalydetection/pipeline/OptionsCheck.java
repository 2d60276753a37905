package org.anomalydetection.pipeline;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.contract.ModelParams;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.duplicates.CopyKey;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.follow.FollowFolder;
import org.anomalydetection.input.FileSource;
import org.anomalydetection.output.OutputFolder;
import org.anomalydetection.replay.Replay;
import org.anomalydetection.review.Reviewed;
import org.anomalydetection.source.Source;
import org.anomalydetection.transform.Boundary;
import org.anomalydetection.transform.ModelUris;
import org.anomalydetection.writeback.WriteBack;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Looks at all options of a run and collects what is wrong, before anything is started. */
final class OptionsCheck {
  private static final String SALESFORCE = "salesforce";
  private static final Pattern ADDRESS =
      Pattern.compile("(?:[^\\s:/]+|\\[[0-9a-fA-F:]+]):([0-9]{1,5})");

  private final ScoringOptions options;
  private final List<String> problems = new ArrayList<>();

  OptionsCheck(ScoringOptions options) {
    this.options = options;
  }

  RunPlan plan() {
    FileSystems.setDefaultPipelineOptions(options);
    numbers();
    Optional<Boundary> boundary = boundary();
    Engine.Settings engine = engine();
    output();
    Sinks sinks = new SinksCheck(options, problems).sinks();
    ModelUris model = model();
    Optional<Source> source = source(ModelParams.cellKinds(model.params()));
    Optional<ColumnsCheck> asked = source.map(from -> new ColumnsCheck(options, from, problems));
    List<String> kept = asked.map(ColumnsCheck::keptColumns).orElse(List.of());
    Optional<CopyKey> copyKey = asked.flatMap(columns -> columns.copyKey(model));
    Optional<Reviewed> reviewed = reviewed();
    Optional<WriteBack> writeBack = source.isPresent() ? writeBack() : Optional.empty();
    FollowCheck following = new FollowCheck(options, problems);
    Optional<String> report = following.isAsked() ? Optional.empty() : report();
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

  private Optional<String> report() {
    Boolean asked = options.getReport();
    if (Boolean.FALSE.equals(asked) || (asked == null && !isLocal(options.getOutput()))) {
      return Optional.empty();
    }
    if (!isLocal(options.getOutput())) {
      problems.add(
          "--report: expected an --output on this machine, found "
              + options.getOutput()
              + "; make the report of a copy with `anomaly-detection report`");
      return Optional.empty();
    }
    if (asked != null) {
      return python();
    }
    return Optional.ofNullable(options.getPython())
        .flatMap(Executables::program)
        .or(Executables::python);
  }

  private static boolean isLocal(String folder) {
    try {
      return OutputFolder.isLocal(folder);
    } catch (IllegalArgumentException e) {
      // Not known here, of which the check of the output tells.
      return false;
    }
  }

  private void output() {
    String folder = options.getOutput();
    try {
      OutputFolder.check(folder);
      if (!Boolean.TRUE.equals(options.getFollow()) && FollowFolder.isFollowedInto(folder)) {
        problems.add(
            "--output: expected a folder that this run may replace the files of, found those of"
                + " --follow in "
                + folder
                + "; name another");
      }
    } catch (IOException | IllegalArgumentException e) {
      problems.add(
          "--output: expected a folder that can be written, found "
              + folder
              + ": "
              + e.getMessage());
    }
  }

  private Engine.Settings engine() {
    String job = options.as(PortablePipelineOptions.class).getJobEndpoint();
    Optional<String> jobEndpoint = address("jobEndpoint", job);
    Optional<String> service = address("expansionService", options.getExpansionService());
    Optional<String> prism =
        job != null
            ? Optional.empty()
            : executable("prism", options.getPrism(), Executables::prism, "build/tools/prism");
    Optional<String> python = options.getExpansionService() != null ? Optional.empty() : python();
    return new Engine.Settings(jobEndpoint, service, prism, python);
  }

  private Optional<String> address(String option, @Nullable String address) {
    if (address == null) {
      return Optional.empty();
    }
    var matcher = ADDRESS.matcher(address);
    if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > 65535) {
      problems.add("--" + option + ": expected host:port, found " + address);
    }
    return Optional.of(address);
  }

  private Optional<String> python() {
    return executable(
        "python",
        options.getPython(),
        Executables::python,
        "python-transform/.venv/bin/anomaly-detection");
  }

  private Optional<String> executable(
      String option, @Nullable String given, Supplier<Optional<String>> search, String usual) {
    if (given == null) {
      Optional<String> found = search.get();
      if (found.isEmpty()) {
        problems.add(
            String.format(
                "--%s: expected %s, found no such program; run `make setup` or name another",
                option, usual));
      }
      return found;
    }
    Optional<String> program = Executables.program(given);
    if (program.isEmpty()) {
      problems.add("--" + option + ": expected a program, found none at " + given);
    }
    return program;
  }

  private ModelUris model() {
    ModelUris folder = ModelUris.in(options.getModel());
    return new ModelUris(
        Objects.requireNonNullElse(options.getEncoderUri(), folder.encoder()),
        Objects.requireNonNullElse(options.getModelUri(), folder.model()),
        Objects.requireNonNullElse(options.getParamsUri(), folder.params()));
  }

  private Optional<WriteBack> writeBack() {
    return options.getSource().equals(SALESFORCE)
        ? new WriteBackCheck(options, problems).writeBack()
        : Optional.empty();
  }

  private Optional<Source> source(Map<String, CellKind> known) {
    if (options.getReplay() != null) {
      return replay(known);
    }
    SalesforceCheck salesforce = new SalesforceCheck(options, problems);
    return switch (options.getSource()) {
      case "csv" -> {
        salesforce.refuseAll();
        yield files(known);
      }
      case SALESFORCE -> salesforce.source(known);
      default -> {
        problems.add("--source: expected csv or salesforce, found " + options.getSource());
        yield Optional.empty();
      }
    };
  }

  private Optional<Source> replay(Map<String, CellKind> known) {
    new SalesforceCheck(options, problems).refuseAll();
    if (!options.getSource().equals("csv") || !options.getInput().equals(ScoringOptions.SAMPLE)) {
      problems.add(
          String.format(
              "--replay: expected neither --input nor --source beside it, found %s of %s",
              options.getInput(), options.getSource()));
    }
    if (OutputFolder.holds(options.getOutput(), options.getReplay())) {
      problems.add(
          String.format(
              "--replay: expected files outside of --output, whose files a run replaces, found %s"
                  + " in %s; name another --output",
              options.getReplay(), options.getOutput()));
    }
    try {
      return Optional.of(Replay.source(options.getReplay(), options.getIdColumn(), known));
    } catch (InputException e) {
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Source> files(Map<String, CellKind> known) {
    try {
      return Optional.of(FileSource.of(options.getInput(), options.getIdColumn(), known));
    } catch (InputException e) {
      problems.add(e.getMessage());
      return Optional.empty();
    }
  }
}
