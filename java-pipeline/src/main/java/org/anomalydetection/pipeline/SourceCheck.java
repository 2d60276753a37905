package org.anomalydetection.pipeline;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.contract.ModelParams;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.input.FileSource;
import org.anomalydetection.output.OutputFolder;
import org.anomalydetection.replay.Replay;
import org.anomalydetection.source.Source;

/** Looks at the options that say what is read. */
final class SourceCheck {
  /** The kind of source that is Salesforce. */
  static final String SALESFORCE = "salesforce";

  private final ScoringOptions options;
  private final List<String> problems;

  /**
   * @param problems where to add what is wrong
   */
  SourceCheck(ScoringOptions options, List<String> problems) {
    this.options = options;
    this.problems = problems;
  }

  /**
   * Returns what is read, nothing if that cannot be.
   *
   * @param modelParams the model's parameters, which say how the cells of its columns are read
   */
  Optional<Source> source(String modelParams) {
    Map<String, CellKind> known = ModelParams.cellKinds(modelParams);
    if (options.getReplay() != null) {
      return replay(known, ModelParams.features(modelParams).keySet());
    }
    SalesforceCheck salesforce = new SalesforceCheck(options, problems);
    return switch (options.getSource()) {
      case "csv" -> {
        salesforce.refuseAll();
        yield files(known);
      }
      case SALESFORCE -> {
        if (Boolean.TRUE.equals(options.getDryRun())) {
          problems.add(
              "--dryRun: expected no --source=salesforce beside it, since nobody is asked for its"
                  + " fields, found both");
          yield Optional.empty();
        }
        yield salesforce.source(known);
      }
      default -> {
        problems.add("--source: expected csv or salesforce, found " + options.getSource());
        yield Optional.empty();
      }
    };
  }

  private Optional<Source> replay(Map<String, CellKind> known, Set<String> features) {
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
      return Optional.of(
          Replay.source(options.getReplay(), options.getIdColumn(), known, features));
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
