package org.anomalydetection.pipeline;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.engine.ManagedRunner;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Looks at the options that say what runs a pipeline. */
final class EngineCheck {
  private static final Pattern ADDRESS =
      Pattern.compile("(?:[^\\s:/]+|\\[[0-9a-fA-F:]+]):([0-9]{1,5})");

  private final ScoringOptions options;
  private final List<String> problems;

  /**
   * @param problems where to add what is wrong
   */
  EngineCheck(ScoringOptions options, List<String> problems) {
    this.options = options;
    this.problems = problems;
  }

  Engine.Settings settings() {
    String job = options.as(PortablePipelineOptions.class).getJobEndpoint();
    Optional<String> jobEndpoint = address("jobEndpoint", job);
    Optional<String> service = address("expansionService", options.getExpansionService());
    Optional<ManagedRunner> managed = ManagedRunner.of(options);
    managed.ifPresent(runner -> problems.addAll(runner.problems(options)));
    if (managed.isEmpty() && Boolean.TRUE.equals(options.getDryRun())) {
      problems.add("--dryRun: expected --runner=DataflowRunner beside it, found another");
    }
    Optional<String> prism =
        job != null || managed.isPresent()
            ? Optional.empty()
            : executable("prism", options.getPrism(), Executables::prism, "build/tools/prism");
    Optional<String> python = options.getExpansionService() != null ? Optional.empty() : python();
    return new Engine.Settings(jobEndpoint, service, prism, python, managed);
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

  /** Returns the command of Python. */
  Optional<String> python() {
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
}
