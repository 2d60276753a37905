package org.anomalydetection.transform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.apache.beam.model.pipeline.v1.RunnerApi;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.apache.beam.sdk.util.construction.Environments;
import org.junit.jupiter.api.Test;

class VersionCheckTest {
  private static final String HERE = ReleaseInfo.getReleaseInfo().getSdkVersion();
  private static final String PYTHON = "beam:version:sdk_base:apache/beam_python3.11_sdk:";

  @Test
  void shouldNameAnotherVersion() {
    assertEquals(
        List.of("apache/beam_python3.11_sdk:2.64.0"),
        VersionCheck.otherVersions(of("beam:coder:varint:v1", PYTHON + "2.64.0"), HERE));
  }

  @Test
  void shouldNameEachOnce() {
    RunnerApi.Components two =
        of(PYTHON + "2.64.0", PYTHON + HERE).toBuilder()
            .putEnvironments("more", environment(PYTHON + "2.64.0", PYTHON + "3.0.0"))
            .build();
    assertEquals(
        List.of("apache/beam_python3.11_sdk:2.64.0", "apache/beam_python3.11_sdk:3.0.0"),
        VersionCheck.otherVersions(two, HERE));
  }

  @Test
  void shouldHaveNothingToSayOfTheSameVersionOrNone() {
    assertEquals(List.of(), VersionCheck.otherVersions(of(PYTHON + HERE), HERE));
    assertEquals(List.of(), VersionCheck.otherVersions(of(), HERE));
    assertEquals(List.of(), VersionCheck.otherVersions(of("beam:version:sdk_base"), HERE));
  }

  @Test
  void shouldFindItsOwnVersionWhereBeamPutsIt() {
    RunnerApi.Components own = of(Environments.getJavaCapabilities().toArray(String[]::new));
    assertEquals(List.of(), VersionCheck.otherVersions(own, HERE));
    assertEquals(1, VersionCheck.otherVersions(own, "another").size());
  }

  private static RunnerApi.Components of(String... capabilities) {
    return RunnerApi.Components.newBuilder()
        .putEnvironments("python", environment(capabilities))
        .build();
  }

  private static RunnerApi.Environment environment(String... capabilities) {
    return RunnerApi.Environment.newBuilder().addAllCapabilities(List.of(capabilities)).build();
  }
}
