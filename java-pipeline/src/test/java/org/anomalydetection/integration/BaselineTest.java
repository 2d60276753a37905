package org.anomalydetection.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.Project;
import org.anomalydetection.bench.Baseline;
import org.anomalydetection.engine.Executables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the benchmark compares the product with, as the benchmark calls it. */
class BaselineTest {
  private static final int ROWS = 20;

  @TempDir Path folder;

  @Test
  void shouldCountRowsThatStayInJava() throws Exception {
    // Nobody asks that address.
    assertCounts("--expansionService=localhost:1");
  }

  @Test
  void shouldCountRowsThatPassThroughPython() throws Exception {
    Path python = Path.of(Executables.python().orElseThrow()).resolveSibling("python");
    Path service =
        Files.writeString(
            folder.resolve("identity-service"),
            String.format(
                "#!/bin/sh%nPYTHONPATH='%s' exec '%s' -W ignore -c"
                    + " 'from bench.identity_service import main; main()' \"$@\"%n",
                Project.file("python-transform/benchmarks"), python));
    assertTrue(service.toFile().setExecutable(true));
    assertCounts("--throughPython", "--python=" + service);
  }

  private void assertCounts(String... options) throws Exception {
    List<String> lines = SampleRows.lines().subList(0, ROWS + 1);
    Path input = Files.write(folder.resolve("in.csv"), lines);
    Path count = folder.resolve("count");
    List<String> all =
        new ArrayList<>(
            List.of(
                "--input=" + input,
                "--model=pretrained",
                "--output=" + folder.resolve("out"),
                "--countFile=" + count));
    all.addAll(List.of(options));
    Forked run = Forked.main(folder, Baseline.class, all.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(Integer.toString(ROWS), Files.readString(count));
  }
}
