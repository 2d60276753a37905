package org.anomalydetection.integration;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.anomalydetection.pipeline.Main;

/** A command in a process of its own, with what it wrote. */
public final class Forked {
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
  public static Forked main(Path folder, String... args) throws IOException {
    return main(folder, Map.of(), args);
  }

  /** Starts the pipeline's main with more variables in its environment. */
  public static Forked main(Path folder, Map<String, String> environment, String... args)
      throws IOException {
    return main(folder, Main.class, environment, args);
  }

  /** Starts a main class, which heeds an interrupt even when tests in the background do not. */
  static Forked main(Path folder, Class<?> type, String... args) throws IOException {
    return main(folder, type, Map.of(), args);
  }

  private static Forked main(
      Path folder, Class<?> type, Map<String, String> environment, String... args)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(type.getName());
    command.addAll(List.of(args));
    return command(folder, environment, command);
  }

  /** Starts any command. */
  public static Forked command(Path folder, List<String> command) throws IOException {
    return command(folder, Map.of(), command);
  }

  private static Forked command(Path folder, Map<String, String> environment, List<String> command)
      throws IOException {
    Path out = Files.createTempFile(folder, "forked", ".out");
    Path err = Files.createTempFile(folder, "forked", ".err");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    return new Forked(process, out, err);
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** Asks it to end, as a service manager does. */
  void terminate() throws Exception {
    new ProcessBuilder("kill", "-TERM", Long.toString(process.pid())).start().waitFor();
  }

  /** Ends it, and what it has started, by force. */
  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits until something holds, for so long at most, as long as the command runs. */
  void await(Duration limit, String what, Callable<Boolean> holds) throws Exception {
    long end = System.nanoTime() + limit.toNanos();
    while (!holds.call()) {
      if (!isAlive()) {
        throw new AssertionError("ended before " + what + ": " + err());
      }
      if (System.nanoTime() > end) {
        throw new AssertionError(
            String.format("not within %d s: %s: %s", limit.toSeconds(), what, err()));
      }
      Thread.sleep(100);
    }
  }

  /** Waits for the end and returns the exit code. */
  public int exitCode() throws InterruptedException {
    if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
      kill();
      throw new AssertionError("the command did not end");
    }
    return process.exitValue();
  }

  public String out() throws IOException {
    return Files.readString(out, StandardCharsets.UTF_8);
  }

  public String err() throws IOException {
    return Files.readString(err, StandardCharsets.UTF_8);
  }
}
