package org.anomalydetection.pipeline;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.anomalydetection.database.Database;
import org.anomalydetection.output.RowFormat;
import org.anomalydetection.tables.Tables;

/** Looks at the options that say where results go beside the folder, and in which form. */
final class SinksCheck {
  private final ScoringOptions options;
  private final List<String> problems;

  /**
   * @param problems where to add what is wrong
   */
  SinksCheck(ScoringOptions options, List<String> problems) {
    this.options = options;
    this.problems = problems;
  }

  Sinks sinks() {
    return new Sinks(format(), database(), tables());
  }

  private RowFormat format() {
    String found = options.getOutputFormat();
    return Arrays.stream(RowFormat.values())
        .filter(format -> format.extension().equals(found))
        .findFirst()
        .orElseGet(
            () -> {
              String words =
                  Arrays.stream(RowFormat.values())
                      .map(RowFormat::extension)
                      .collect(Collectors.joining(", "));
              problems.add("--outputFormat: expected one of " + words + ", found " + found);
              return RowFormat.JSONL;
            });
  }

  private Optional<Database> database() {
    if (options.getOutputJdbcUrl() == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Database.at(options.getOutputJdbcUrl()));
    } catch (IllegalArgumentException e) {
      problems.add("--outputJdbcUrl: " + e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Tables> tables() {
    if (options.getOutputTable() == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Tables.at(options.getOutputTable()));
    } catch (IllegalArgumentException e) {
      problems.add("--outputTable: " + e.getMessage());
      return Optional.empty();
    }
  }
}
