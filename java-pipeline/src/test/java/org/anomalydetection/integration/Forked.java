package org.anomalydetection.integration;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.anomalydetection.pipeline.Main;

/** A command in a process of its own, with what it wrote. */
final class Forked {
  private static final long LIMIT_MINUTES = 4;

  private final Process process;
  private final Path out;
  private final Path err;

  private Forked(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts the pipeline's main. */
  static Forked main(Path folder, String... args) throws IOException {
    return main(folder, Main.class, args);
  }

  /** Starts a main class. */
  static Forked main(Path folder, Class<?> type, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(type.getName());
    command.addAll(List.of(args));
    return command(folder, command);
  }

  /** Starts any command. */
  static Forked command(Path folder, List<String> command) throws IOException {
    Path out = Files.createTempFile(folder, "forked", ".out");
    Path err = Files.createTempFile(folder, "forked", ".err");
    return new Forked(
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start(),
        out,
        err);
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits for the end and returns the exit code. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new AssertionError("the command did not end");
    }
    return process.exitValue();
  }

  String out() throws IOException {
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  String err() throws IOException {
    return Files.readString(err, StandardCharsets.UTF_8);
  }
}
