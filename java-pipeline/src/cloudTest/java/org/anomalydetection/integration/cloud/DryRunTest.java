package org.anomalydetection.integration.cloud;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.anomalydetection.Project;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job that would be handed to Dataflow, as Beam makes it with the real Python service. */
class DryRunTest {
  private static final String GOLDEN = "java-pipeline/dataflow/job.json";

  @TempDir Path folder;

  @Test
  void shouldPrintTheGraphThatIsCommitted() {
    Path output = folder.resolve("out");
    MainResult run =
        MainResult.of(
            "--runner=DataflowRunner",
            "--dryRun",
            "--project=my-project",
            "--region=europe-west1",
            "--tempLocation=gs://bucket/temporary",
            "--sdkContainerImage=java-worker",
            "--sdkHarnessContainerImageOverrides=.*python.*,python-worker",
            "--output=" + output);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(Project.text(GOLDEN), run.out());
    assertFalse(Files.exists(output), "a dry run writes nothing");
  }
}
