package org.anomalydetection.integration;

import java.util.List;
import java.util.stream.Stream;
import org.anomalydetection.Project;

/** The first lines of the sample. */
public final class SampleRows {
  private SampleRows() {}

  /** Returns the header and the first records, none of which has a line break inside. */
  public static List<String> lines() {
    List<String> lines = Project.text("data/opportunities.csv").lines().limit(200).toList();
    return Stream.concat(
            lines.stream().limit(1),
            lines.stream()
                .skip(1)
                .filter(
                    line ->
                        line.startsWith("006")
                            && line.chars().filter(c -> c == '"').count() % 2 == 0))
        .toList();
  }
}
