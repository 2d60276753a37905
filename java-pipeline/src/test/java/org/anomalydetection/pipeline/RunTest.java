package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.anomalydetection.engine.Ahead;
import org.anomalydetection.summary.Counts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunTest {
  @Test
  void shouldFailWhenRowsAreLost() {
    RunException e =
        assertThrows(
            RunException.class, () -> Run.requireAll(new Counts(671, 167, 3, 1, List.of())));
    assertThat(
        e.getMessage(),
        containsString("expected 671 rows out, as many as were read, found 168: 167 scored and 1"));
    assertEquals(1, Failure.of(e).exitCode());
  }

  @Test
  void shouldRemoveNoWindowThatWasCommittedSinceThePlan(@TempDir Path folder) throws IOException {
    Path input = Files.writeString(folder.resolve("in.csv"), "Id\na\n");
    Path out = Files.createDirectory(folder.resolve("out"));
    RunPlan plan =
        RunPlan.of(
            CommandLine.parse(
                "--input=" + input, "--idColumn=Id", "--output=" + out, "--report=false"));
    Path window = out.resolve("scored-20261129T010500Z-00000-of-00001.jsonl");
    Files.writeString(window, "{}\n");
    Run run = new Run(plan, Ahead.nothing(), Instant.now(), System.out, System.err);
    UsageException e = assertThrows(UsageException.class, run::run);
    assertThat(e.getMessage(), containsString("found those of --follow in " + out));
    try (Stream<Path> files = Files.list(out)) {
      assertEquals(List.of(window), files.toList());
    }
  }

  @Test
  void shouldAcceptThatAllRowsCameOut() {
    assertDoesNotThrow(() -> Run.requireAll(new Counts(671, 670, 3, 1, List.of())));
  }
}
