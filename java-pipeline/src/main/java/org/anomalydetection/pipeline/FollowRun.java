package org.anomalydetection.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.anomalydetection.contract.TransformMetrics;
import org.anomalydetection.database.WriteTable;
import org.anomalydetection.engine.Ahead;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.ShutdownHook;
import org.anomalydetection.follow.FollowFolder;
import org.anomalydetection.follow.PositionException;
import org.anomalydetection.metrics.JobCounters;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.output.RowFormat;
import org.anomalydetection.salesforce.ReadMetrics;
import org.anomalydetection.summary.Drift;
import org.anomalydetection.summary.FollowProgress;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A run that goes on until it is told to end: by SIGINT, SIGTERM, or what makes it fail. */
final class FollowRun {
  private static final long POLL_MILLIS = 100;
  private static final long END_SECONDS = 60;
  private static final long SETTLE_MILLIS = 1000;

  /** What Flink says of a job that somebody has cancelled there. */
  private static final String CANCELLED = "JobCancellationException";

  /** How old a count may be where an interrupt may end Prism together with this process. */
  private static final Duration COUNT = Duration.ofSeconds(1);

  private final RunPlan plan;
  private final FollowPlan follow;
  private final Ahead ahead;
  private final PrintStream out;
  private final PrintStream err;
  private final CountDownLatch over = new CountDownLatch(1);
  private @Nullable PipelineResult job;
  private volatile @Nullable Thread opening;
  private volatile @Nullable Engine running;
  private volatile boolean asked;
  private boolean stopped;
  private volatile int exitCode = ExitCode.FAILED;
  private Map<String, Long> rows = Map.of();
  private Map<String, Long> transform = Map.of();

  /** Whether rows may have been scored since they were last counted. */
  private boolean isCountOld = true;

  FollowRun(RunPlan plan, FollowPlan follow, Ahead ahead, PrintStream out, PrintStream err) {
    this.plan = plan;
    this.follow = follow;
    this.ahead = ahead;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs until it is told to end and returns the exit code.
   *
   * @throws UsageException if folder or position cannot be used
   * @throws RunException if the job failed
   */
  int run() {
    ShutdownHook hook = new ShutdownHook("end-following", this::end);
    hook.add();
    try {
      runInFolder();
      exitCode = ExitCode.DONE;
      return exitCode;
    } catch (IOException e) {
      throw told(new RunException("the output folder or the position: " + e.getMessage(), e));
    } catch (RunException e) {
      throw told(e);
    } finally {
      over.countDown();
      hook.remove();
    }
  }

  private RunException told(RunException e) {
    if (asked) {
      // Nobody else says it while the JVM ends.
      err.println("error: " + e.getMessage());
    }
    return e;
  }

  private void runInFolder() throws IOException {
    try (FollowFolder folder = open()) {
      err.printf(
          "following %s from %s, %s%n", plan.source().name(), folder.from(), beginning(folder));
      Instant committed = follow(folder);
      out.printf(
          "ended as asked%s: %s%s. Committed up to %s; the next run goes on from there%s.%n",
          stopped ? " in Flink" : "",
          isCountOld ? "at least " : "",
          FollowProgress.counts(rows, transform),
          committed,
          stopped ? ", or with --savepointPath from a savepoint" : "");
      Drift.warnings(transform).forEach(line -> out.println("warning: drift: " + line));
    }
  }

  /** Tells what it is that a run begins with. */
  private String beginning(FollowFolder folder) {
    String ignored = follow.since().isPresent() ? "; --since is for a first run" : "";
    if (plan.options().getSavepointPath() != null) {
      return "where "
          + follow.saved().path()
          + " has the position, with the state in "
          + plan.options().getSavepointPath()
          + ignored;
    }
    return folder.isResumed()
        ? "the position in " + follow.saved().path() + ignored
        : "as --since says; the position is saved in " + follow.saved().path();
  }

  private FollowFolder open() {
    String folder = plan.options().getOutput();
    opening = Thread.currentThread();
    RowFormat format = plan.sinks().format();
    try {
      return plan.options().getSavepointPath() == null
          ? FollowFolder.open(folder, format, follow.saved(), follow.since())
          : FollowFolder.restored(folder, format, follow.saved(), follow.window());
    } catch (PositionException e) {
      throw new UsageException(List.of(e.getMessage()));
    } catch (IOException | IllegalArgumentException e) {
      throw new UsageException(
          List.of(
              "--output: expected a folder that this run can follow into, found "
                  + folder
                  + ": "
                  + e.getMessage()));
    } finally {
      opening = null;
    }
  }

  /** Runs the job until somebody asks for its end, and returns up to when rows are committed. */
  private Instant follow(FollowFolder folder) throws IOException {
    plan.options().setRunner(PortableRunner.class);
    try (Engine engine = Engine.start(plan.engine(), ahead, plan.options())) {
      Pipeline pipeline = Pipeline.create(plan.options());
      ScoringPipeline.follow(
          pipeline,
          plan,
          engine::expansionService,
          follow.readFrom().apply(folder.from()),
          folder.steps(Instant.now(), follow.window()));
      WriteTable.makeTables(pipeline);
      try {
        await(engine, pipeline, folder);
      } finally {
        cancel();
      }
    } catch (RuntimeException e) {
      if (!asked) {
        throw e;
      }
      // What was told to end ends one part after the other, and some complain: that is no failure.
      Optional<RunException> failure = RunException.ofOurs(e);
      if (failure.isPresent()) {
        throw failure.get();
      }
    } finally {
      if (isStateKept()) {
        folder.keep();
      }
    }
    return folder.position();
  }

  private void await(Engine engine, Pipeline pipeline, FollowFolder folder) throws IOException {
    try {
      PipelineResult result = pipeline.run();
      job = result;
      // It is asked for a last time what it has counted, and then ended.
      running = engine;
      engine.leaveEndToCaller();
      FollowProgress progress = new FollowProgress(Instant.now());
      Instant counted = Instant.now();
      try (JobCounters counters =
          JobCounters.of(engine.jobEndpoint(), plan.options().getJobName())) {
        while (!asked && !result.getState().isTerminal()) {
          engine.requireAlive();
          Instant now = Instant.now();
          boolean isDue = progress.isDue(now);
          if (isDue || (!isOnCluster() && !now.isBefore(counted.plus(COUNT)))) {
            counted = now;
            count(counters);
          }
          if (isDue) {
            progress.models(transform).forEach(err::println);
            Optional<Long> callsLeft = counters.last(ReadMetrics.NAMESPACE, ReadMetrics.CALLS_LEFT);
            Optional<Instant> waitsSince =
                counters
                    .last(ReadMetrics.NAMESPACE, ReadMetrics.WAITS_SINCE)
                    .filter(since -> since > 0)
                    .map(since -> Instant.ofEpochMilli(since).truncatedTo(ChronoUnit.SECONDS));
            progress
                .line(rows, transform, folder.position(), waitsSince, callsLeft, now)
                .ifPresent(err::println);
          }
          Thread.sleep(POLL_MILLIS);
        }
        count(counters);
        isCountOld = !counters.isAnswered();
        if (asked) {
          requireSound(result);
        } else {
          PipelineResult.State ended = result.waitUntilFinish();
          // With a savepoint.
          stopped = isOnCluster() && ended == PipelineResult.State.DONE;
          if (!stopped) {
            throw new RunException("expected the job to go on, found it ended as " + ended);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunException("the run was interrupted", e);
    } catch (RunException e) {
      throw e;
    } catch (RuntimeException e) {
      stopped = isOnCluster() && String.valueOf(e.getMessage()).contains(CANCELLED);
      if (asked) {
        throw e;
      }
      if (!stopped) {
        engine.requireAliveAfterFailure();
        throw RunException.of(e, engine, plan.engine().jobEndpoint());
      }
    }
  }

  /** Ends a job that would go on without this process, on a cluster. */
  private void cancel() {
    PipelineResult started = job;
    if (started == null || !isOnCluster()) {
      return;
    }
    try {
      if (!started.getState().isTerminal()) {
        started.cancel();
        // Workers notice late.
        Thread.sleep(SETTLE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      err.println(
          "the job may go on, as it could not be cancelled, but commits nothing more: "
              + e.getMessage());
    }
    if (asked) {
      requireSound(started);
    }
  }

  /**
   * Has a job say why it has failed, which nobody asks it for when it is to end anyway.
   *
   * @throws RuntimeException what its workers have reported
   */
  static void requireSound(PipelineResult job) {
    if (job.getState() == PipelineResult.State.FAILED) {
      job.waitUntilFinish();
    }
  }

  private boolean isOnCluster() {
    return plan.engine().jobEndpoint().isPresent();
  }

  /** Tells whether the cluster may have kept a state of the job that a run can go on with. */
  private boolean isStateKept() {
    return isOnCluster()
        && (!asked
            || job == null
            || Boolean.TRUE.equals(
                plan.options().getRetainExternalizedCheckpointsOnCancellation()));
  }

  private void count(JobCounters counters) {
    rows = newer(rows, counters.read(RowMetric.NAMESPACE));
    transform = newer(transform, counters.read(TransformMetrics.NAMESPACE));
  }

  private static Map<String, Long> newer(Map<String, Long> old, Map<String, Long> found) {
    return found.isEmpty() ? old : found;
  }

  /** Ends the run when the JVM is told to, and the JVM with what became of the run. */
  private void end() {
    asked = true;
    Thread waiting = opening;
    if (waiting != null) {
      // For the run that has the folder.
      waiting.interrupt();
    }
    // Workers whose runner ends under them say so at length.
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, UTF_8));
    try {
      if (over.await(END_SECONDS, TimeUnit.SECONDS)) {
        out.flush();
        err.flush();
        Runtime.getRuntime().halt(exitCode);
      }
      Engine stuck = running;
      if (stuck != null) {
        stuck.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
