package org.anomalydetection.engine;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A Prism of our own: Beam's local runner, one process for one run. */
final class Prism implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final int ATTEMPTS = 3;
  private static final String SERVING = "Serving JobManagement";

  private final ServerProcess server;
  private final String endpoint;

  private Prism(ServerProcess server, String endpoint) {
    this.server = server;
    this.endpoint = endpoint;
  }

  /** Starts Prism on a free port. */
  static Prism start(String executable, Path log) {
    for (int attempt = 1; ; attempt++) {
      try {
        return start(executable, freePort(), log);
      } catch (EngineException e) {
        // Another process can take the port between the search for it and Prism's start.
        if (attempt == ATTEMPTS || !e.getMessage().contains("address already in use")) {
          throw e;
        }
      }
    }
  }

  /** Starts Prism on a port. */
  static Prism start(String executable, int port, Path log) {
    ServerProcess server =
        ServerProcess.start(
            "Prism (" + executable + ", port " + port + ")",
            List.of(
                executable,
                "--job_port=" + port,
                "--serve_http=false",
                "--log_level=info",
                // Should this process be killed: its jobs fail, and Prism ends some time later.
                "--idle_shutdown_timeout=5m"),
            log);
    try {
      // Its own word, not an open port: at a port that is taken somebody else answers.
      server.await(
          START_LIMIT, () -> server.log().contains(SERVING) ? Optional.of(port) : Optional.empty());
      return new Prism(server, "localhost:" + port);
    } catch (EngineException e) {
      server.close();
      throw e;
    }
  }

  /** Returns where jobs are handed in. */
  String endpoint() {
    return endpoint;
  }

  void requireAlive() {
    server.requireAlive();
  }

  @Override
  public void close() {
    server.close();
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new EngineException("no free port for Prism: " + e.getMessage(), e);
    }
  }
}
