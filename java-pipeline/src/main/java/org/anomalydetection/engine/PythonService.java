package org.anomalydetection.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A Python expansion service of our own, with the worker that runs its transforms. */
final class PythonService implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  /** It has nothing to save, and takes Python a third of a second to take everything apart. */
  private static final Duration GRACE = Duration.ofMillis(50);

  private static final String READY = "ready ";

  private final ServerProcess server;
  private final CompletableFuture<String> ready = new CompletableFuture<>();

  private PythonService(ServerProcess server) {
    this.server = server;
  }

  /**
   * Starts the service on a free port of the loopback interface, in this process's folder. It loads
   * for some seconds, for which this method does not wait.
   *
   * @param executable the {@code anomaly-detection} command
   */
  static PythonService start(String executable, Path log) {
    return start(executable, log, List.of("--loopback-worker"));
  }

  /** Starts the service likewise, without a worker: a runner starts those in containers. */
  static PythonService forContainers(String executable, Path log) {
    return start(executable, log, List.of("--", "--environment_type=DOCKER"));
  }

  private static PythonService start(String executable, Path log, List<String> worker) {
    List<String> command =
        new ArrayList<>(
            List.of(executable, "serve", "--host=127.0.0.1", "--port=0", "--until-stdin-closes"));
    command.addAll(worker);
    PythonService service =
        new PythonService(
            ServerProcess.start("the Python service (" + executable + ")", command, log, GRACE));
    Thread reader = new Thread(service::read, "python-service-output");
    reader.setDaemon(true);
    reader.start();
    return service;
  }

  /**
   * Waits until the service is ready, and returns where transforms are expanded.
   *
   * @throws EngineException if it ends instead, or takes too long
   */
  String address() {
    return server.await(START_LIMIT, () -> Optional.ofNullable(ready.getNow(null)));
  }

  void requireAlive() {
    server.requireAlive();
  }

  void end() {
    server.end();
  }

  @Override
  public void close() {
    server.close();
  }

  /** Reads the output to its end, so that the service never waits for a full pipe. */
  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(server.output(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(READY)) {
          ready.complete(line.substring(READY.length()).strip());
        }
      }
    } catch (IOException e) {
      // The process has ended, which whoever waits for it notices.
    }
  }
}
