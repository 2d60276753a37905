package org.anomalydetection.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A Python expansion service of our own, with the worker that runs its transforms. */
final class PythonService {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final String READY = "ready ";

  private final ServerProcess server;
  private final String address;

  private PythonService(ServerProcess server, String address) {
    this.server = server;
    this.address = address;
  }

  /**
   * Starts the service on a free port of the loopback interface, in this process's folder.
   *
   * @param executable the {@code anomaly-detection} command
   * @param started is handed the process as soon as it is there, to end it
   */
  static PythonService start(String executable, Path log, Consumer<ServerProcess> started) {
    ServerProcess server =
        ServerProcess.start(
            "the Python service (" + executable + ")",
            List.of(
                executable,
                "serve",
                "--host=127.0.0.1",
                "--port=0",
                "--loopback-worker",
                "--until-stdin-closes"),
            log);
    started.accept(server);
    CompletableFuture<String> ready = new CompletableFuture<>();
    Thread reader = new Thread(() -> read(server, ready), "python-service-output");
    reader.setDaemon(true);
    reader.start();
    return new PythonService(
        server, server.await(START_LIMIT, () -> Optional.ofNullable(ready.getNow(null))));
  }

  /** Returns where transforms are expanded. */
  String address() {
    return address;
  }

  void requireAlive() {
    server.requireAlive();
  }

  /** Reads the output to its end, so that the service never waits for a full pipe. */
  private static void read(ServerProcess server, CompletableFuture<String> ready) {
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
