package org.anomalydetection.pipeline;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.follow.FollowFolder;
import org.anomalydetection.output.OutputFolder;

/** Looks at the folder that is written to, and at what is made of it. */
final class OutputCheck {
  private final ScoringOptions options;
  private final List<String> problems;

  /**
   * @param problems where to add what is wrong
   */
  OutputCheck(ScoringOptions options, List<String> problems) {
    this.options = options;
    this.problems = problems;
  }

  /**
   * Returns the command that makes the report, if one is to be made.
   *
   * @param python looks for it where it is asked for
   */
  Optional<String> report(Supplier<Optional<String>> python) {
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
      return python.get();
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

  void folder() {
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
}
