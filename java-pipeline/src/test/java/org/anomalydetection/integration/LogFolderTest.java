package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that ends before it has begun removes its folder for logs. */
class LogFolderTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Path temporary;

  @BeforeEach
  void makeTemporary() throws IOException {
    temporary = Files.createDirectories(folder.resolve("tmp"));
  }

  @Test
  void shouldRemoveItWherePythonDoesNotStart() throws Exception {
    Forked run = run("--python=" + script("#!/no/such/interpreter"), "--alpha=2");
    assertEquals(2, run.exitCode());
    assertThat(run.err(), containsString("--alpha"));
    assertEquals(List.of(), logFolders());
  }

  @Test
  void shouldRemoveItWhenEndedWhileOptionsAreChecked() throws Exception {
    // Nobody writes to it, so that whoever opens it waits.
    Path pipe = folder.resolve("in.csv");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    Forked run = run("--python=" + script("#!/bin/sh\ncat"), "--input=" + pipe);
    try {
      run.await(LIMIT, "there is a folder", () -> !logFolders().isEmpty());
      run.terminate();
      assertEquals(143, run.exitCode());
    } finally {
      run.kill();
    }
    assertEquals(List.of(), logFolders());
  }

  private Forked run(String... args) throws IOException {
    return Forked.main(folder, Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + temporary), args);
  }

  private String script(String text) throws IOException {
    Path script = Files.writeString(folder.resolve("python"), text + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script.toString();
  }

  private List<Path> logFolders() throws IOException {
    try (Stream<Path> all = Files.list(temporary)) {
      return all.filter(path -> path.getFileName().toString().startsWith("anomaly-detection-"))
          .toList();
    }
  }
}
