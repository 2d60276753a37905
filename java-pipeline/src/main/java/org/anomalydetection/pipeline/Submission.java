package org.anomalydetection.pipeline;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anomalydetection.database.WriteTable;
import org.anomalydetection.engine.Ahead;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.ManagedRunner;
import org.anomalydetection.output.OutputFolder;
import org.apache.beam.sdk.Pipeline;
import org.apache.commons.io.FileUtils;

/**
 * Makes a pipeline into a job and does not wait for it: prints its graph, or leaves it as a
 * template. What a template writes is in tables, since nobody would publish files.
 */
final class Submission {
  private final RunPlan plan;
  private final Ahead ahead;
  private final PrintStream out;
  private final PrintStream err;

  /**
   * @param plan one of which {@link #isAsked} is true
   */
  Submission(RunPlan plan, Ahead ahead, PrintStream out, PrintStream err) {
    this.plan = plan;
    this.ahead = ahead;
    this.out = out;
    this.err = err;
  }

  /** Tells whether a plan ends when there is a job. */
  static boolean isAsked(RunPlan plan) {
    return Boolean.TRUE.equals(plan.options().getDryRun()) || plan.isTemplate();
  }

  /** Makes the job, and returns the exit code. */
  int run() {
    ManagedRunner runner = plan.engine().managed().orElseThrow();
    try (Engine engine = Engine.start(plan.engine(), ahead, plan.options())) {
      if (plan.isTemplate()) {
        Pipeline pipeline = Pipeline.create(plan.options());
        ScoringPipeline.score(pipeline, plan, engine::expansionService);
        WriteTable.makeTables(pipeline);
        pipeline.run();
        err.println("the template is made");
      } else {
        out.println(graph(runner, engine));
      }
      return ExitCode.DONE;
    }
  }

  private String graph(ManagedRunner runner, Engine engine) {
    try {
      // Stands for --output, which stays as it is.
      Path folder = Files.createTempDirectory("dry-run-");
      try {
        OutputFolder output = OutputFolder.prepare(folder.toString(), plan.sinks().format());
        try {
          return runner.graph(
              plan.options(),
              pipeline -> ScoringPipeline.build(pipeline, plan, engine::expansionService, output));
        } finally {
          output.discard();
        }
      } finally {
        FileUtils.deleteQuietly(folder.toFile());
      }
    } catch (IOException e) {
      throw new RunException("no folder for a dry run: " + e.getMessage(), e);
    }
  }
}
