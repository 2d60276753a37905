package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that does not reach its end leaves no process and no file behind. */
class EngineEndTest {
  private static final int SAMPLES = 100;

  @TempDir Path folder;
  private Forked run;

  @BeforeEach
  void start() throws IOException {
    run = Forked.main(folder, "--input=" + manyRows(), "--output=" + folder.resolve("out"));
  }

  @AfterEach
  void end() {
    run.kill();
  }

  @Test
  void shouldEndBothServersOnAnInterrupt() throws Exception {
    ProcessHandle prism = await("prism");
    ProcessHandle python = await("anomaly-detection");
    new ProcessBuilder("kill", "-INT", Long.toString(run.handle().pid())).start().waitFor();
    assertEquals(130, run.exitCode());
    assertThat(run.err(), containsString("interrupted; nothing was published"));
    assertThat(run.err(), not(containsString("error:")));
    prism.onExit().get(10, TimeUnit.SECONDS);
    python.onExit().get(10, TimeUnit.SECONDS);
    assertEquals(List.of(), leftovers());
  }

  @Test
  void shouldLeaveNothingWhenInterruptedWhileItWrites() throws Exception {
    ProcessHandle prism = await("prism");
    while (run.isAlive() && !run.err().contains("rows read")) {
      Thread.sleep(20);
    }
    new ProcessBuilder("kill", "-TERM", Long.toString(run.handle().pid())).start().waitFor();
    assertEquals(143, run.exitCode());
    prism.onExit().get(10, TimeUnit.SECONDS);
    assertEquals(List.of(), leftovers());
  }

  @Test
  void shouldFailWhenPrismDies() throws Exception {
    ProcessHandle python = await("anomaly-detection");
    await("prism").destroyForcibly();
    assertEquals(1, run.exitCode(), run.err());
    assertThat(run.err(), containsString("error: Prism ("));
    assertThat(run.err(), containsString("ended with exit code 137"));
    python.onExit().get(10, TimeUnit.SECONDS);
    assertEquals(List.of(), leftovers());
  }

  @Test
  void shouldFailWhenThePythonServiceDies() throws Exception {
    ProcessHandle prism = await("prism");
    await("anomaly-detection").destroyForcibly();
    assertEquals(1, run.exitCode(), run.err());
    assertThat(run.err(), containsString("error: the Python service ("));
    prism.onExit().get(10, TimeUnit.SECONDS);
    assertEquals(List.of(), leftovers());
  }

  /** Writes the sample's rows so often that a run of them takes some time. */
  private Path manyRows() throws IOException {
    String sample = Files.readString(Path.of("data/opportunities.csv"));
    int rows = sample.indexOf('\n') + 1;
    return Files.writeString(
        folder.resolve("many.csv"),
        sample.substring(0, rows) + sample.substring(rows).repeat(SAMPLES));
  }

  /** Waits for a child of the run whose command line has a word. */
  private ProcessHandle await(String word) throws InterruptedException {
    Predicate<ProcessHandle> isIt = process -> commandLine(process).contains(word);
    for (int i = 0; i < 600; i++) {
      List<ProcessHandle> found = run.handle().children().filter(isIt).toList();
      if (!found.isEmpty()) {
        return found.get(0);
      }
      assertTrue(run.isAlive(), "the run ended before " + word + " was there");
      Thread.sleep(50);
    }
    throw new AssertionError(word + " was not started");
  }

  private static String commandLine(ProcessHandle process) {
    return process.info().commandLine().orElse("");
  }

  private List<String> leftovers() throws IOException {
    if (!Files.exists(folder.resolve("out"))) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      return files.map(Path::toString).toList();
    }
  }
}
