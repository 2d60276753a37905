package org.anomalydetection.pipeline;

import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.anomalydetection.contract.TransformMetrics;
import org.anomalydetection.database.WriteTable;
import org.anomalydetection.engine.Ahead;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.ShutdownHook;
import org.anomalydetection.metrics.JobCounters;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.output.OutputFolder;
import org.anomalydetection.output.OutputFolder.Kind;
import org.anomalydetection.summary.Counts;
import org.anomalydetection.summary.Drift;
import org.anomalydetection.summary.Progress;
import org.anomalydetection.summary.SummaryText;
import org.anomalydetection.summary.TallCellsText;
import org.anomalydetection.summary.WriteBackText;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.checkerframework.checker.nullness.qual.Nullable;

/** One run: starts the engine, runs the pipeline on it, publishes and sums up what came out. */
final class Run {
  private static final long POLL_MILLIS = 50;

  /** Each look at a service far away is a call. */
  private static final long MANAGED_POLL_MILLIS = 5000;

  private static final int SETTLE_ROUNDS = 20;
  private static final int MOST_UNMATCHED = 10;

  private final RunPlan plan;
  private final Ahead ahead;
  private final Instant started;
  private final PrintStream out;
  private final PrintStream err;
  private volatile @Nullable Engine engine;
  private volatile boolean submitted;

  /** What runs elsewhere, until it has ended. */
  private volatile @Nullable PipelineResult job;

  private List<String> drift = List.of();

  /**
   * @param ahead what was started before there was a plan
   * @param started when somebody asked for the run
   */
  Run(RunPlan plan, Ahead ahead, Instant started, PrintStream out, PrintStream err) {
    this.plan = plan;
    this.ahead = ahead;
    this.started = started;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs to the end and returns the exit code.
   *
   * @throws UsageException if the output folder cannot be written
   * @throws RunException if the job failed, or rows went missing
   */
  int run() {
    OutputFolder output = prepare();
    Counts counts = score(output);
    ScoringOptions options = plan.options();
    plan.report()
        .map(command -> ReportPage.make(command, options.getOutput(), options.getAlpha()))
        .ifPresent(out::println);
    return exitCode(counts, output.published(Kind.ERRORS));
  }

  private Counts score(OutputFolder output) {
    ShutdownHook hook = new ShutdownHook("interrupted-run", () -> interrupted(output));
    hook.add();
    try {
      Counts counts = execute(output);
      requireAll(counts);
      output.publish(
          Map.of(Kind.SCORED, counts.files().scored(), Kind.ERRORS, counts.files().errors()));
      submitted = false;
      out.println(
          SummaryText.of(
              counts,
              plan.source().files(),
              started,
              Instant.now(),
              warnings(counts),
              output.published(Kind.SCORED),
              output.published(Kind.ERRORS)));
      plan.writeBack()
          .map(writeBack -> WriteBackText.of(counts.writeBack(), writeBack.isPreview()))
          .ifPresent(out::print);
      return counts;
    } catch (IOException e) {
      throw new RunException("the outputs cannot be published: " + e.getMessage(), e);
    } finally {
      abandon(output);
      hook.remove();
    }
  }

  private List<String> warnings(Counts counts) {
    List<String> warnings = new ArrayList<>(TallCellsText.of(counts.tall()));
    drift.forEach(line -> warnings.add("drift: " + line));
    if (!drift.isEmpty()) {
      warnings.add(Drift.ADVICE);
    }
    List<String> unmatched =
        plan.reviewed()
            .map(reviewed -> reviewed.unmatched(counts.review().matched()))
            .orElse(List.of());
    unmatched.stream()
        .limit(MOST_UNMATCHED)
        .forEach(line -> warnings.add(line + " matches no odd row of this run"));
    if (unmatched.size() > MOST_UNMATCHED) {
      warnings.add(
          String.format("%d more lines match no odd row", unmatched.size() - MOST_UNMATCHED));
    }
    return warnings;
  }

  private int exitCode(Counts counts, String errors) {
    if (counts.nothingScored()) {
      err.println("error: " + SummaryText.nothingScored(counts, errors));
      return ExitCode.FAILED;
    }
    Double limit = plan.options().getAlertAbove();
    if (limit == null || counts.oddShare() <= limit) {
      return ExitCode.DONE;
    }
    err.printf(
        Locale.ROOT,
        "alert: %.2f%% of the scored rows are odd, more than --alertAbove=%s allows; exit code"
            + " %d%n",
        100 * counts.oddShare(),
        limit,
        ExitCode.ALERT);
    return ExitCode.ALERT;
  }

  /** Checks that no row was lost and none came out twice. */
  static void requireAll(Counts counts) {
    if (!counts.addsUp()) {
      throw new RunException(
          String.format(
              "expected %d rows out, as many as were read, found %d: %d scored and %d in error;"
                  + " nothing was published",
              counts.read(),
              counts.scored() + counts.notScored(),
              counts.scored(),
              counts.notScored()));
    }
  }

  private Counts execute(OutputFolder output) throws IOException {
    if (plan.engine().managed().isEmpty()) {
      plan.options().setRunner(PortableRunner.class);
    }
    try (Engine started = Engine.start(plan.engine(), ahead, plan.options())) {
      engine = started;
      Pipeline pipeline = Pipeline.create(plan.options());
      build(started, pipeline, output);
      WriteTable.makeTables(pipeline);
      await(started, pipeline);
      try (Reader counts = Channels.newReader(output.openSummary(), StandardCharsets.UTF_8)) {
        return Counts.read(counts);
      }
    }
  }

  private void build(Engine running, Pipeline pipeline, OutputFolder output) {
    try {
      ScoringPipeline.build(pipeline, plan, running::expansionService, output);
    } catch (RuntimeException e) {
      running.requireAliveAfterFailure();
      throw e;
    }
  }

  private void await(Engine running, Pipeline pipeline) {
    try {
      submitted = true;
      PipelineResult result = pipeline.run();
      job = result;
      plan.engine().managed().ifPresent(service -> err.println("job: " + service.page(result)));
      if (plan.source().files() > 1) {
        err.printf(
            Locale.ROOT, "reading %,d files, %s%n", plan.source().files(), plan.source().name());
      }
      Progress progress = new Progress(err);
      Stall stall = new Stall(plan.options().getStallLimit());
      try (JobCounters counters = counters(running)) {
        while (!result.getState().isTerminal()) {
          running.requireAlive();
          if (progress.isDue()) {
            Map<String, Long> rows = counters.read(RowMetric.NAMESPACE);
            progress.show(rows);
            stall.check(rows);
          }
          Thread.sleep(plan.engine().managed().isPresent() ? MANAGED_POLL_MILLIS : POLL_MILLIS);
        }
        job = null;
        progress.show(counters.read(RowMetric.NAMESPACE));
        drift = Drift.warnings(counters.read(TransformMetrics.NAMESPACE));
      }
      PipelineResult.State state = result.waitUntilFinish();
      if (state != PipelineResult.State.DONE) {
        throw new RunException("expected the job to end as DONE, found " + state);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunException("the run was interrupted", e);
    } catch (RuntimeException e) {
      running.requireAliveAfterFailure();
      throw RunException.of(e, running, plan.engine().jobEndpoint());
    }
  }

  private JobCounters counters(Engine running) {
    return plan.engine().managed().isPresent()
        ? JobCounters.none()
        : JobCounters.of(running.jobEndpoint(), plan.options().getJobName());
  }

  /** Cleans up when the JVM is told to end: first what writes, then what was written. */
  private void interrupted(OutputFolder output) {
    Engine running = engine;
    if (running != null) {
      running.close();
    }
    if (output.isPublishing()) {
      err.println("interrupted; the files are just being published, which is waited for");
    }
    abandon(output);
    err.println("interrupted; " + output.outcome());
  }

  /** Removes what is not published, and what a worker in the middle of a bundle still writes. */
  private void abandon(OutputFolder output) {
    cancel();
    output.discard();
    for (int i = 0; submitted && i < SETTLE_ROUNDS; i++) {
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      output.discard();
    }
  }

  /** Ends a job that would go on without this process, on a cluster. */
  private void cancel() {
    PipelineResult running = job;
    boolean elsewhere =
        plan.engine().jobEndpoint().isPresent() || plan.engine().managed().isPresent();
    if (submitted && running != null && elsewhere) {
      try {
        running.cancel();
      } catch (IOException | RuntimeException e) {
        err.println("the job may go on, as it could not be cancelled: " + e.getMessage());
      }
    }
  }

  private OutputFolder prepare() {
    String folder = plan.options().getOutput();
    try {
      OutputFolder output = OutputFolder.prepare(folder, plan.sinks().format());
      requireStillGood(output);
      return output;
    } catch (IOException | IllegalArgumentException e) {
      throw new UsageException(
          List.of(
              "--output: expected a folder that can be written, found "
                  + folder
                  + ": "
                  + e.getMessage()));
    }
  }

  /** Repeats the check of the folder, now that no other run can change it. */
  private void requireStillGood(OutputFolder output) {
    List<String> problems = new ArrayList<>();
    new OutputCheck(plan.options(), problems).folder();
    if (!problems.isEmpty()) {
      output.discard();
      throw new UsageException(problems);
    }
  }
}
