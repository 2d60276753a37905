package org.anomalydetection.integration.cloud;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.anomalydetection.Project;
import org.anomalydetection.cloud.bigquery.FakeBigQuery;
import org.anomalydetection.cloud.dataflow.NoUploads;
import org.anomalydetection.pipeline.MainResult;
import org.anomalydetection.salesforce.SalesforceServer;
import org.apache.beam.sdk.extensions.gcp.storage.NoopPathValidator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The job that would be handed to Dataflow, as Beam makes it with the real Python service. */
class DryRunTest {
  private static final String GOLDEN = "java-pipeline/dataflow/job.json";

  @TempDir Path folder;

  @Test
  void shouldPrintTheGraphThatIsCommitted() {
    Path output = folder.resolve("out");
    MainResult run = dryRun("--output=" + output);
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(Project.text(GOLDEN), run.out());
    assertFalse(Files.exists(output), "a dry run writes nothing");
  }

  /** Of which nobody answers at these addresses. */
  @Test
  void shouldAskNeitherADatabaseNorSalesforce() {
    MainResult run = dryRun("--outputJdbcUrl=jdbc:postgresql://127.0.0.1:1/crm?user=me");
    assertEquals(0, run.exitCode(), run.err());
    assertThat(run.out(), containsString("\"ScoredToTable/Write/ParMultiDo(Write)\""));

    run = dryRun("--source=salesforce", "--salesforceUrl=http://127.0.0.1:1");
    assertEquals(2, run.exitCode(), run.err());
    assertThat(run.err(), containsString("--dryRun: expected no --source=salesforce beside it"));
  }

  private static MainResult dryRun(String... options) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--runner=DataflowRunner",
                "--dryRun",
                "--project=my-project",
                "--region=europe-west1",
                "--tempLocation=gs://bucket/temporary",
                "--sdkContainerImage=java-worker",
                "--sdkHarnessContainerImageOverrides=.*python.*,python-worker"));
    all.addAll(List.of(options));
    return MainResult.of(all.toArray(String[]::new));
  }

  /** With the options that the launcher of a Flex Template gives. */
  @Test
  void shouldLeaveATemplateWhoseRowsGoToTables() throws Exception {
    Path template = folder.resolve("template.json");
    try (SalesforceServer salesforce = SalesforceServer.start()) {
      List<String> options =
          new ArrayList<>(
              List.of(
                  "--runner=DataflowRunner",
                  "--region=europe-west1",
                  "--tempLocation=gs://bucket/temporary",
                  "--stagingLocation=gs://bucket/staging",
                  "--templateLocation=" + template,
                  "--jobName=nightly",
                  "--sdkHarnessContainerImageOverrides=.*python.*,python-worker",
                  "--source=salesforce",
                  "--salesforceUrl=" + salesforce.url(),
                  "--salesforceCredentials=" + salesforce.secretFile(),
                  "--outputTable=" + FakeBigQuery.reset(),
                  // In place of what would reach for the network.
                  "--gcpTempLocation=gs://bucket/temporary",
                  "--pathValidatorClass=" + NoopPathValidator.class.getName(),
                  "--stagerClass=" + NoUploads.class.getName()));
      options.addAll(FakeBigQuery.OPTIONS);
      MainResult run = MainResult.of(options.toArray(String[]::new));
      assertEquals(0, run.exitCode(), run.err());
    }
    assertTrue(Files.size(template) > 0);
    Set<String> steps = NoUploads.steps();
    assertThat(steps, hasItems("ScoredToTables", "ErrorsToTables"));
    assertThat(steps, not(hasItem("WriteScored")));
  }
}
