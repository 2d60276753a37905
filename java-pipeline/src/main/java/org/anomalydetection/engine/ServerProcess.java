package org.anomalydetection.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** A server that runs as a process of its own, for as long as this object is open. */
final class ServerProcess implements AutoCloseable {
  private static final int TAIL_LINES = 20;

  private final String name;
  private final Process process;
  private final Path log;
  private final Duration grace;
  private List<ProcessHandle> helpers = List.of();

  private ServerProcess(String name, Process process, Path log, Duration grace) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.grace = grace;
  }

  /**
   * Starts a server. Its standard input stays open as long as this process lives; what it writes to
   * standard error goes to the log, and what it writes to standard output to {@link #output}.
   *
   * @param name what the server is called in messages
   * @param grace how long it may take to end by itself
   * @throws EngineException if the command cannot be started
   */
  static ServerProcess start(String name, List<String> command, Path log, Duration grace) {
    try {
      Process process = Executables.process(command).redirectError(log.toFile()).start();
      return new ServerProcess(name, process, log, grace);
    } catch (IOException e) {
      throw new EngineException(name + " cannot be started: " + e.getMessage(), e);
    }
  }

  /** Returns what the server writes to standard output. */
  InputStream output() {
    return process.getInputStream();
  }

  /**
   * Waits until the server is ready.
   *
   * @param ready returns something as soon as it is; asked again and again
   * @throws EngineException if it ends first, or takes longer than the limit
   */
  <T> T await(Duration limit, Supplier<Optional<T>> ready) {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      Optional<T> result = ready.get();
      if (result.isPresent()) {
        return result.get();
      }
      requireAlive();
      if (System.nanoTime() > end) {
        throw new EngineException(
            String.format("%s was not ready within %d s%s", name, limit.toSeconds(), tail()));
      }
      pause();
    }
  }

  /**
   * Checks that the server still runs.
   *
   * @throws EngineException if it does not
   */
  void requireAlive() {
    if (!process.isAlive()) {
      throw new EngineException(
          String.format("%s ended with exit code %d%s", name, process.exitValue(), tail()));
    }
  }

  /** Tells the server to end, and does not wait for it. */
  synchronized void end() {
    if (helpers.isEmpty()) {
      // Later on, nobody tells whose they were.
      helpers = process.descendants().toList();
    }
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It has ended already, and its standard input with it.
    }
    process.destroy();
  }

  /**
   * Ends the server, by force if it does not end by itself, and then the processes that it started.
   * Ending it twice does no harm.
   */
  @Override
  public synchronized void close() {
    end();
    try {
      if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    // Who has adopted them may take a second to take note of their end.
    helpers.forEach(ProcessHandle::destroyForcibly);
  }

  /** Returns what the server has written to standard error so far. */
  String log() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "the log cannot be read: " + e.getMessage();
    }
  }

  private String tail() {
    List<String> lines = log().lines().toList();
    return lines.isEmpty()
        ? "; its log is empty"
        : lines.stream()
            .skip(Math.max(0, lines.size() - TAIL_LINES))
            .collect(Collectors.joining("\n  ", "; the end of its log:\n  ", ""));
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException("interrupted while a server was starting", e);
    }
  }
}
