package org.anomalydetection.integration;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.follow.FollowFolder;
import org.anomalydetection.follow.FollowSteps;
import org.anomalydetection.follow.SavedPosition;
import org.anomalydetection.output.OutputFolder.Kind;
import org.anomalydetection.output.RowFormat;
import org.anomalydetection.salesforce.DistinctVersions;
import org.apache.beam.runners.portability.PortableRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.ExperimentalOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/** Follows a live file into a folder, without a model: ids with an x in them are errors. */
public final class FollowProgram {
  private FollowProgram() {}

  /** Runs until it is killed: {@code FollowProgram FILE FOLDER SINCE}. */
  public static void main(String[] args) throws Exception {
    PortablePipelineOptions options =
        PipelineOptionsFactory.create().as(PortablePipelineOptions.class);
    options.setRunner(PortableRunner.class);
    ExperimentalOptions.addExperiment(
        options.as(ExperimentalOptions.class), "prism_disable_sdf_split");
    SavedPosition saved = new SavedPosition(args[1] + "/position.json", Map.of("file", args[0]));
    FollowFolder folder =
        FollowFolder.open(args[1], RowFormat.JSONL, saved, Optional.of(Instant.parse(args[2])));
    Engine.Settings settings =
        new Engine.Settings(
            Optional.empty(), Optional.of("none:1"), Executables.prism(), Optional.empty());
    try (Engine engine = Engine.start(settings, options)) {
      engine.requireAlive();
      FollowSteps steps = folder.steps(Instant.now(), Duration.ofSeconds(1));
      Pipeline pipeline = Pipeline.create(options);
      PCollection<Row> rows =
          pipeline
              .apply("Read", new ReadLiveFile(Path.of(args[0]), folder.from()))
              .apply("Windows", steps.intoWindows())
              .apply("Distinct", DistinctVersions.by("Id"));
      PCollection<Row> scored =
          rows.apply("Good", Filter.by(row -> !row.getString("Id").contains("x")));
      PCollection<Row> errors =
          rows.apply("Bad", Filter.by(row -> row.getString("Id").contains("x")));
      steps.commit(
          List.of(rows),
          scored.apply("WriteScored", steps.write(Kind.SCORED)),
          errors.apply("WriteErrors", steps.write(Kind.ERRORS)),
          Optional.empty());
      System.out.println("following " + List.of(args));
      pipeline.run().waitUntilFinish();
    }
  }
}
