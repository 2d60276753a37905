package org.anomalydetection.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.contract.ModelParams;
import org.anomalydetection.csv.Columns;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.output.OutputFolder;
import org.anomalydetection.transform.ModelUris;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Looks at all options of a run and collects what is wrong, before anything is started. */
final class OptionsCheck {
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
    Engine.Settings engine = engine();
    output();
    ModelUris model = model();
    Columns columns = columns(model);
    List<String> kept = columns == null ? List.of() : keptColumns(columns);
    if (columns == null || !problems.isEmpty()) {
      throw new UsageException(problems);
    }
    return new RunPlan(options, columns, kept, model, engine);
  }

  private void numbers() {
    Double alpha = options.getAlpha();
    if (alpha != null && !(alpha > 0 && alpha < 1)) {
      problems.add("--alpha: expected a number between 0 and 1, found " + alpha);
    }
    Integer explain = options.getExplain();
    if (explain != null && explain < 0) {
      problems.add("--explain: expected 0 or more, found " + explain);
    }
    Integer batchSize = options.getBatchSize();
    if (batchSize != null && batchSize < 1) {
      problems.add("--batchSize: expected 1 or more, found " + batchSize);
    }
  }

  private void output() {
    String folder = options.getOutput();
    try {
      OutputFolder.check(folder);
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
    Optional<String> python =
        options.getExpansionService() != null
            ? Optional.empty()
            : executable(
                "python",
                options.getPython(),
                Executables::python,
                "python-transform/.venv/bin/anomaly-detection");
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
    Path path = Path.of(given);
    if (!Files.isRegularFile(path) || !Files.isExecutable(path)) {
      problems.add("--" + option + ": expected a program, found none at " + given);
    }
    return Optional.of(path.toAbsolutePath().toString());
  }

  private ModelUris model() {
    ModelUris folder = ModelUris.in(options.getModel());
    return new ModelUris(
        Objects.requireNonNullElse(options.getEncoderUri(), folder.encoder()),
        Objects.requireNonNullElse(options.getModelUri(), folder.model()),
        Objects.requireNonNullElse(options.getParamsUri(), folder.params()));
  }

  private @Nullable Columns columns(ModelUris model) {
    try {
      return Columns.ofFile(
          options.getInput(), options.getIdColumn(), ModelParams.cellKinds(model.params()));
    } catch (InputException e) {
      problems.add(e.getMessage());
      return null;
    }
  }

  private List<String> keptColumns(Columns columns) {
    List<String> kept = new ArrayList<>();
    for (String asked : Optional.ofNullable(options.getKeepColumns()).orElse(columns.names())) {
      String name = Aliases.contractName(asked.strip());
      if (name.isEmpty() || kept.contains(name)) {
        continue;
      }
      if (!columns.names().contains(name)) {
        problems.add(
            String.format(
                "--keepColumns: expected columns of %s (%s), found %s",
                options.getInput(), String.join(", ", columns.names()), asked));
      } else if (ContractSchema.SCORED.hasField(name)) {
        problems.add(
            String.format(
                "--keepColumns: the input column %s has the name of a field of scored rows (%s);"
                    + " rename it, or keep others with --keepColumns=NAME,NAME",
                name, String.join(", ", ContractSchema.SCORED.getFieldNames())));
      }
      kept.add(name);
    }
    return kept;
  }
}
