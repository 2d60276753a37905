package org.anomalydetection.engine;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.apache.beam.sdk.util.construction.Environments;
import org.apache.commons.io.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a pipeline runs on: a runner, an expansion service and a worker for each language. What the
 * settings do not name is started here and ended with this object, also when the JVM is
 * interrupted.
 */
public final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  private static final long SETTLE_MILLIS = 100;

  private final Settings settings;
  private final Ahead ahead;
  private final Path logs;
  private final ShutdownHook hook = new ShutdownHook("end-engine", this::end);
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private volatile boolean logsKept;
  private Optional<Prism> prism = Optional.empty();
  private Optional<PythonService> python = Optional.empty();

  private Engine(Settings settings, Ahead ahead) {
    this.settings = settings;
    this.ahead = ahead;
    this.logs = ahead.takeLogs();
  }

  /**
   * What runs already, and what to start otherwise.
   *
   * @param jobEndpoint a running job service, as {@code host:port}
   * @param expansionService a running expansion service, as {@code host:port}
   * @param prism the executable that is started without a job endpoint
   * @param python the command that is started without an expansion service
   * @param managed the service that the pipeline is handed to, in place of a job service
   */
  public record Settings(
      Optional<String> jobEndpoint,
      Optional<String> expansionService,
      Optional<String> prism,
      Optional<String> python,
      Optional<ManagedRunner> managed) {

    /** Settings of a run on a job service. */
    public Settings(
        Optional<String> jobEndpoint,
        Optional<String> expansionService,
        Optional<String> prism,
        Optional<String> python) {
      this(jobEndpoint, expansionService, prism, python, Optional.empty());
    }
  }

  /** Starts what the settings name no address of, none of it ahead. */
  public static Engine start(Settings settings, PipelineOptions options) {
    return start(settings, Ahead.nothing(), options);
  }

  /**
   * Starts what the settings do not name, and points the options to the result. The Python service
   * goes on loading; {@link #expansionService} waits for it. The job gets a name that no other has,
   * which begins as that in the options.
   *
   * @param ahead what was started already
   * @param options those of one pipeline; they are not to be used for another
   * @throws EngineException if a part does not start; the others are ended then
   */
  public static Engine start(Settings settings, Ahead ahead, PipelineOptions options) {
    Engine engine = new Engine(settings, ahead);
    engine.hook.add();
    try {
      engine.startServers();
      if (settings.managed().isEmpty()) {
        engine.prepare(options.as(PortablePipelineOptions.class));
      }
      return engine;
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private synchronized void startServers() {
    if (settings.expansionService().isEmpty()) {
      String command = settings.python().orElseThrow();
      python =
          Optional.of(
              settings.managed().isEmpty()
                  ? ahead.python(command)
                  : PythonService.forContainers(command, logs.resolve("python.log")));
      open.push(python.get());
    }
    if (settings.jobEndpoint().isEmpty() && settings.managed().isEmpty()) {
      prism = Optional.of(Prism.start(settings.prism().orElseThrow(), logs.resolve("prism.log")));
      open.push(prism.get());
    }
  }

  private synchronized void prepare(PortablePipelineOptions options) {
    String environment = options.getDefaultEnvironmentType();
    if (environment == null || environment.equals(Environments.ENVIRONMENT_LOOPBACK)) {
      open.push(JavaWorker.start(options));
    } else if (environment.equals(Environments.ENVIRONMENT_EXTERNAL)) {
      // Its workers have the classes, and would take none that are sent.
      options.setFilesToStage(List.of());
    }
    options.setJobEndpoint(jobEndpoint());
    // Jobs are known by their names, and a job service remembers those that have ended.
    options.setJobName(options.getJobName() + "-" + UUID.randomUUID().toString().substring(0, 8));
  }

  /** Returns the address of the job service. */
  public String jobEndpoint() {
    return prism.map(Prism::endpoint).or(settings::jobEndpoint).orElseThrow();
  }

  /**
   * Returns the address of the expansion service, as soon as that is ready.
   *
   * @throws EngineException if it ends instead
   */
  public String expansionService() {
    return python.map(PythonService::address).or(settings::expansionService).orElseThrow();
  }

  /** Leaves the servers' logs where they are, and returns their folder. */
  public Path keepLogs() {
    logsKept = true;
    return logs;
  }

  /**
   * Checks that what was started still runs.
   *
   * @throws EngineException if a part has ended
   */
  public void requireAlive() {
    prism.ifPresent(Prism::requireAlive);
    python.ifPresent(PythonService::requireAlive);
  }

  /**
   * Checks the same after something has failed, since what ended a server explains more than what
   * its clients saw of it. The system takes a moment to tell of an end.
   *
   * @throws EngineException if a part has ended
   */
  public void requireAliveAfterFailure() {
    try {
      Thread.sleep(SETTLE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    requireAlive();
  }

  /**
   * Leaves it to the caller to close this when the JVM is interrupted too: hooks run side by side,
   * and there may be something to ask of what is ended.
   */
  public void leaveEndToCaller() {
    hook.remove();
  }

  @Override
  public void close() {
    end();
    leaveEndToCaller();
  }

  private synchronized void end() {
    // Side by side, since each takes its time.
    python.ifPresent(PythonService::end);
    prism.ifPresent(Prism::end);
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        LOG.warn("a part of the engine did not end well", e);
      }
    }
    if (!logsKept) {
      FileUtils.deleteQuietly(logs.toFile());
    }
  }
}
