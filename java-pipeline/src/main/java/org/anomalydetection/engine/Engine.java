package org.anomalydetection.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.apache.beam.sdk.util.construction.Environments;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What a pipeline runs on: a runner, an expansion service and a worker for each language. What the
 * settings do not name is started here and ended with this object, also when the JVM is
 * interrupted.
 */
public final class Engine implements AutoCloseable {
  private final Settings settings;
  private final Path logs;
  private final Thread hook = new Thread(this::end, "end-engine");
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private volatile @Nullable Prism prism;
  private volatile @Nullable PythonService python;
  private boolean ended;

  private Engine(Settings settings, Path logs) {
    this.settings = settings;
    this.logs = logs;
  }

  /**
   * What runs already, and what to start otherwise.
   *
   * @param jobEndpoint a running job service, as {@code host:port}
   * @param expansionService a running expansion service, as {@code host:port}
   * @param prism the executable that is started without a job endpoint
   * @param python the command that is started without an expansion service
   */
  public record Settings(
      Optional<String> jobEndpoint,
      Optional<String> expansionService,
      Optional<String> prism,
      Optional<String> python) {}

  /**
   * Starts what the settings do not name, and points the options to the result.
   *
   * @param options those of one pipeline; they are not to be used for another
   * @throws EngineException if a part does not start; the others are ended then
   */
  public static Engine start(Settings settings, PipelineOptions options) {
    Engine engine = new Engine(settings, logFolder());
    Runtime.getRuntime().addShutdownHook(engine.hook);
    try {
      engine.startServers();
      PortablePipelineOptions portable = options.as(PortablePipelineOptions.class);
      portable.setJobEndpoint(engine.jobEndpoint());
      String environment = portable.getDefaultEnvironmentType();
      if (environment == null || environment.equals(Environments.ENVIRONMENT_LOOPBACK)) {
        engine.opened(JavaWorker.start(options));
      }
      return engine;
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  /** Returns the address of the job service. */
  public String jobEndpoint() {
    return prism != null ? prism.endpoint() : settings.jobEndpoint().orElseThrow();
  }

  /** Returns the address of the expansion service. */
  public String expansionService() {
    return python != null ? python.address() : settings.expansionService().orElseThrow();
  }

  /** Returns the folder of the servers' logs. */
  public Path logs() {
    return logs;
  }

  /**
   * Checks that what was started still runs.
   *
   * @throws EngineException if a part has ended
   */
  public void requireAlive() {
    if (prism != null) {
      prism.requireAlive();
    }
    if (python != null) {
      python.requireAlive();
    }
  }

  @Override
  public void close() {
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook runs, or has run.
    }
  }

  /** The two servers start side by side: each spends seconds on loading. */
  private void startServers() {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    BiConsumer<Void, Throwable> endOnFailure =
        (done, e) -> {
          // The first failure is the reason: it ends the other server.
          if (e != null && failure.compareAndSet(null, e.getCause())) {
            end();
          }
        };
    List<CompletableFuture<Void>> starts =
        List.of(
            CompletableFuture.runAsync(this::startPrism).whenComplete(endOnFailure),
            CompletableFuture.runAsync(this::startPython).whenComplete(endOnFailure));
    try {
      starts.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      if (failure.get() instanceof EngineException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private void startPrism() {
    if (settings.jobEndpoint().isEmpty()) {
      prism = Prism.start(settings.prism().orElseThrow(), logs.resolve("prism.log"), this::opened);
    }
  }

  private void startPython() {
    if (settings.expansionService().isEmpty()) {
      python =
          PythonService.start(
              settings.python().orElseThrow(), logs.resolve("python.log"), this::opened);
    }
  }

  private synchronized void opened(AutoCloseable part) {
    open.push(part);
    if (ended) {
      end();
    }
  }

  private synchronized void end() {
    ended = true;
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        System.err.println("warning: " + e.getMessage());
      }
    }
  }

  private static Path logFolder() {
    try {
      return Files.createTempDirectory("anomaly-detection-");
    } catch (IOException e) {
      throw new EngineException("no folder for logs: " + e.getMessage(), e);
    }
  }
}
