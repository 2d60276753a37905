package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.emptyString;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.engine.TestServers;
import org.anomalydetection.transform.AnomalyDetection;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.junit.jupiter.api.Test;

/** A service with another version of Beam than this process expands, and is not passed over. */
class VersionSkewTest {
  @Test
  void shouldWarnOfAServiceWithAnotherVersion() {
    assertThat(
        loggedWhileExpanding(TestServers.pythonOfBeam("2.0.7")),
        allOf(
            containsString("WARN"),
            containsString("_sdk:2.0.7, this pipeline Beam"),
            containsString(ReleaseInfo.getReleaseInfo().getSdkVersion())));
  }

  @Test
  void shouldSayNothingOfAServiceWithTheSameVersion() {
    assertThat(loggedWhileExpanding(RunningService.address()), emptyString());
  }

  private static String loggedWhileExpanding(String address) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      Pipeline.create()
          .apply(Create.empty(ContractSchema.INPUT))
          .apply(AnomalyDetection.at(address).withModel(Project.file("pretrained").toString()));
    } finally {
      System.setErr(before);
    }
    return log.toString(StandardCharsets.UTF_8);
  }
}
