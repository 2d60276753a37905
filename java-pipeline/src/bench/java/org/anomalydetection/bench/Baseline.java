package org.anomalydetection.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.pipeline.RunPlan;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.util.construction.External;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/**
 * Reads and counts the rows of a CSV file on the product's engine with the product's reader, and
 * scores nothing: what is left of a run without the detector. With {@code --throughPython} the rows
 * cross into Python and back as Beam's rows, unread there.
 *
 * <p>The file of {@code --countFile} gets the number in the moment in which it is known.
 */
public final class Baseline {
  /** The identity that {@code bench/identity_service.py} serves. */
  private static final String IDENTITY_URN = "bench:identity:v1";

  private static final long POLL_MILLIS = 50;

  private Baseline() {}

  /** Runs with the arguments and ends the JVM: 0 done, 1 not. */
  public static void main(String[] args) throws InterruptedException {
    PipelineOptionsFactory.register(BaselineOptions.class);
    BaselineOptions options = PipelineOptionsFactory.fromArgs(args).as(BaselineOptions.class);
    if (options.getCountFile() == null) {
      throw new IllegalArgumentException("--countFile: expected a file to write, found none");
    }
    options.setRunner(PortableRunner.class);
    RunPlan plan = RunPlan.of(options);
    PipelineResult.State state;
    try (Engine engine = Engine.start(plan.engine(), options)) {
      state = await(pipeline(options, plan, engine).run(), engine);
    }
    System.out.printf("ended as %s%n", state);
    System.exit(state == PipelineResult.State.DONE ? 0 : 1);
  }

  private static Pipeline pipeline(BaselineOptions options, RunPlan plan, Engine engine) {
    Pipeline pipeline = Pipeline.create(options);
    PCollection<Row> rows = pipeline.apply("Read", plan.source().read()).rows();
    if (options.isThroughPython()) {
      rows =
          rows.apply("Identity", External.of(IDENTITY_URN, new byte[0], engine.expansionService()));
    }
    rows.apply("Count", Count.globally())
        .apply("Note", ParDo.of(new NoteFn(options.getCountFile())));
    return pipeline;
  }

  /** Asks as often as the product does, so that neither waits longer for its end. */
  private static PipelineResult.State await(PipelineResult result, Engine engine)
      throws InterruptedException {
    while (!result.getState().isTerminal()) {
      engine.requireAlive();
      Thread.sleep(POLL_MILLIS);
    }
    return result.getState();
  }

  /** Writes the number down; the worker is in this machine's JVM. */
  private static final class NoteFn extends DoFn<Long, Void> {
    private static final long serialVersionUID = 1L;

    private final String path;

    NoteFn(String path) {
      this.path = path;
    }

    @ProcessElement
    public void process(@Element Long rows) throws IOException {
      Files.writeString(Path.of(path), rows.toString());
    }
  }
}
