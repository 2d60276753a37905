package org.anomalydetection.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.io.FileUtils;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The Python service of a run, started before the run's options have been understood: it loads for
 * seconds, in which they are. What no engine takes over is ended with this object, also when the
 * JVM is interrupted.
 */
public final class Ahead implements AutoCloseable {
  private final Optional<String> command;
  private final ShutdownHook hook = new ShutdownHook("end-ahead", this::end);
  private @Nullable Path logs;
  private boolean logsTaken;
  private @Nullable PythonService python;

  private Ahead(Optional<String> command) {
    this.command = command;
  }

  /**
   * Starts the service, if it can be started; if not, the engine will say so.
   *
   * @param command the one that the options seem to name, nothing where they name none
   */
  public static Ahead start(Optional<String> command) {
    Ahead ahead = new Ahead(command);
    ahead.hook.add();
    try {
      ahead.launch();
    } catch (EngineException e) {
      ahead.end();
    }
    return ahead;
  }

  /** Starts nothing. */
  public static Ahead nothing() {
    return new Ahead(Optional.empty());
  }

  /** Hands over the folder for the logs of the run, to be removed by whoever takes it. */
  synchronized Path takeLogs() {
    logsTaken = true;
    return logs();
  }

  /** Returns the folder for the logs of the run. */
  synchronized Path logs() {
    if (logs == null) {
      try {
        logs = Files.createTempDirectory("anomaly-detection-");
      } catch (IOException e) {
        throw new EngineException("no folder for logs: " + e.getMessage(), e);
      }
    }
    return logs;
  }

  /** Hands over the service, or another one if that is another command. */
  synchronized PythonService python(String wanted) {
    PythonService service = python;
    python = null;
    if (service != null && command.filter(wanted::equals).isPresent()) {
      return service;
    }
    if (service != null) {
      service.close();
    }
    return launch(wanted);
  }

  private synchronized void launch() {
    python = command.map(this::launch).orElse(null);
  }

  private PythonService launch(String executable) {
    return PythonService.start(executable, logs().resolve("python.log"));
  }

  @Override
  public void close() {
    end();
    hook.remove();
  }

  private synchronized void end() {
    if (python != null) {
      python.close();
      python = null;
    }
    if (logs != null && !logsTaken) {
      FileUtils.deleteQuietly(logs.toFile());
      logs = null;
    }
  }
}
