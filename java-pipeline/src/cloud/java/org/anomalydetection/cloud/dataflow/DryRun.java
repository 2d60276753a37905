package org.anomalydetection.cloud.dataflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.runners.dataflow.options.DataflowPipelineOptions;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.gcp.auth.NoopCredentialFactory;
import org.apache.beam.sdk.extensions.gcp.options.GcsOptions;
import org.apache.beam.sdk.extensions.gcp.storage.NoopPathValidator;

/**
 * Has Beam make all that it would send to Dataflow, and keeps it here: the job is left as a
 * template in a file, and what would be uploaded in memory.
 */
final class DryRun {
  private final DataflowPipelineOptions options;

  DryRun(DataflowPipelineOptions options) {
    this.options = options;
  }

  /** Returns the graph of the pipeline's job. */
  String graph(Consumer<Pipeline> build) {
    KeptUploads uploads = new KeptUploads();
    try {
      Path template = Files.createTempFile("job-", ".json");
      try {
        options.setTemplateLocation(template.toString());
        options.setStager(uploads);
        // Its default is the same, and Beam would look at the bucket for it.
        options.setGcpTempLocation(options.getTempLocation());
        options.setCredentialFactoryClass(NoopCredentialFactory.class);
        options.as(GcsOptions.class).setPathValidatorClass(NoopPathValidator.class);
        Pipeline pipeline = Pipeline.create(options);
        build.accept(pipeline);
        pipeline.run();
        JsonNode job = new ObjectMapper().readTree(template.toFile());
        return new JobGraph(RunnerApi.Pipeline.parseFrom(uploads.pipeline()), job).json();
      } finally {
        Files.delete(template);
      }
    } catch (IOException e) {
      throw new IllegalStateException("the job cannot be read: " + e.getMessage(), e);
    }
  }
}
