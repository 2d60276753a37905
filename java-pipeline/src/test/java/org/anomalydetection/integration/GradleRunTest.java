package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.anomalydetection.Project;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Arguments as they reach the program from a command line. */
class GradleRunTest {
  private static final String EXPECTED = "expected the id column Opportunity Title, found Id, Name";

  @TempDir Path folder;

  @Test
  void shouldKeepQuotedSpacesInArgsOfGradle() throws Exception {
    Forked run = GradleRun.of(folder, "--idColumn='Opportunity Title' --input=" + input());
    assertTrue(run.exitCode() != 0);
    assertThat(run.err(), containsString(EXPECTED));
  }

  @Test
  void shouldKeepSpacesInArgsOfTheStartScriptFromAnyFolder() throws Exception {
    Path script = Project.file("java-pipeline/build/install/java-pipeline/bin/java-pipeline");
    Forked run =
        Forked.command(
            folder,
            List.of(
                "sh",
                "-c",
                "cd '" + folder + "' && exec '" + script + "' \"$@\"",
                "sh",
                "--idColumn=Opportunity Title",
                "--input=" + input().getFileName()));
    assertEquals(2, run.exitCode(), run.err());
    assertThat(run.err(), containsString(EXPECTED));
    assertThat(run.out() + run.err(), not(containsString("openjdk")));
  }

  private Path input() throws Exception {
    return Files.writeString(folder.resolve("input.csv"), "Id,Name\n1,x\n");
  }
}
