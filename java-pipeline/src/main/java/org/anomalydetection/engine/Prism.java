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
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final int ATTEMPTS = 3;

  /**
   * Should this process be killed, Prism ends with it: left alone it may run a job that has lost
   * its worker for ever, and at full speed.
   */
  private static final String UNTIL_STDIN_CLOSES =
      "exec 3<&0; (cat <&3 >/dev/null; kill $$) >/dev/null 2>&1 & exec \"$@\" 3<&-";

  private static final String SERVING = "Serving JobManagement";

  private final String executable;
  private final Path log;
  private int port;
  private volatile ServerProcess server;

  private Prism(String executable, int port, Path log) {
    this.executable = executable;
    this.log = log;
    this.port = port;
    this.server = launch();
  }

  /** Starts Prism on a free port; {@link #endpoint} waits for it. */
  static Prism start(String executable, Path log) {
    return start(executable, freePort(), log);
  }

  /** Starts Prism on a port, or on another where that is taken. */
  static Prism start(String executable, int port, Path log) {
    return new Prism(executable, port, log);
  }

  private ServerProcess launch() {
    return ServerProcess.start(
        "Prism (" + executable + ", port " + port + ")",
        List.of(
            "/bin/sh",
            "-c",
            UNTIL_STDIN_CLOSES,
            "prism",
            executable,
            "--job_port=" + port,
            "--serve_http=false",
            "--log_level=info"),
        log,
        GRACE);
  }

  /**
   * Returns where jobs are handed in, as soon as they can be.
   *
   * @throws EngineException if Prism does not start
   */
  synchronized String endpoint() {
    for (int attempt = 1; ; attempt++) {
      try {
        // Its own word, not an open port: at a port that is taken somebody else answers.
        return server.await(
            START_LIMIT,
            () ->
                server.log().contains(SERVING)
                    ? Optional.of("localhost:" + port)
                    : Optional.empty());
      } catch (EngineException e) {
        server.close();
        // Another process can take the port between the search for it and Prism's start.
        if (attempt == ATTEMPTS || !e.getMessage().contains("address already in use")) {
          throw e;
        }
        port = freePort();
        server = launch();
      }
    }
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

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new EngineException("no free port for Prism: " + e.getMessage(), e);
    }
  }
}
