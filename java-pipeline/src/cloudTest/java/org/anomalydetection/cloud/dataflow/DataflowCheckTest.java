package org.anomalydetection.cloud.dataflow;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.anomalydetection.pipeline.MainResult;
import org.anomalydetection.pipeline.ScoringOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataflowCheckTest {
  private static final List<String> GOOD =
      List.of(
          "--project=my-project",
          "--region=europe-west1",
          "--tempLocation=gs://bucket/tmp",
          "--input=gs://bucket/in.csv",
          "--output=gs://bucket/out",
          "--sdkHarnessContainerImageOverrides=.*python.*,registry/worker:1");

  @Test
  void shouldTakeWhatDataflowNeeds() {
    assertEquals(List.of(), problems());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
--project=My Project   | --project: expected the project that pays, found My Project
--region=nowhere       | --region: expected a region such as europe-west1, found nowhere
--tempLocation=/tmp/x  | --tempLocation: expected a place that workers of Dataflow reach, as gs://bucket/folder, found /tmp/x
--output=build/scored  | --output: expected a place that workers of Dataflow reach, as gs://bucket/folder, found build/scored
--input=in.csv         | --input: expected a place that workers of Dataflow reach, as gs://bucket/folder, found in.csv
--replay=errors.jsonl  | --replay: expected a place that workers of Dataflow reach, as gs://bucket/folder, found errors.jsonl
--jobEndpoint=host:1   | --jobEndpoint: expected none with --runner=DataflowRunner, found host:1
--defaultEnvironmentType=DOCKER | --defaultEnvironmentType: expected none with --runner=DataflowRunner, found DOCKER
--follow               | --follow: expected none with --runner=DataflowRunner, found true
--stallLimit=60        | --stallLimit: expected none with --runner=DataflowRunner, found 60
--templateLocation=gs://bucket/t | --outputTable: expected a table of BigQuery for a template, whose runs nobody waits for to publish files, found none
""")
  void shouldNameWhatIsWrong(String option, String problem) {
    assertEquals(List.of(problem), problems(option));
  }

  @ParameterizedTest
  @ValueSource(strings = {".*java.*,x", ".*python.*", ".*python.*,", "(,x", ".*python.*,x,y"})
  void shouldWantAnImageForPython(String overrides) {
    List<String> problems = problems("--sdkHarnessContainerImageOverrides=" + overrides);
    assertEquals(1, problems.size(), problems.toString());
    assertThat(problems.get(0), containsString("for apache/beam_python3.11_sdk:"));
    assertThat(problems.get(0), containsString(", found " + overrides));
  }

  @Test
  void shouldLeavePlacesOpenInADryRun() {
    assertEquals(List.of(), problems("--dryRun", "--input=in.csv", "--output=build/scored"));
    assertThat(
        problems("--dryRun", "--templateLocation=gs://bucket/t", "--outputTable=a:b.c"),
        hasItem("--dryRun: expected no --templateLocation beside it, found one"));
  }

  @Test
  void shouldBeAskedByARun() {
    MainResult run = MainResult.of("--runner=DataflowRunner", "--region=nowhere", "--dryRun");
    assertEquals(2, run.exitCode());
    assertThat(run.err(), containsString("--region: expected a region such as europe-west1"));
    assertThat(
        run.err(), containsString("--sdkHarnessContainerImageOverrides: expected a pattern"));
    MainResult other = MainResult.of("--dryRun");
    assertEquals(2, other.exitCode());
    assertThat(other.err(), containsString("--dryRun: expected --runner=DataflowRunner beside it"));
  }

  /** Returns what is wrong with good options and these, which take the place of some. */
  private static List<String> problems(String... options) {
    List<String> all = new ArrayList<>(Arrays.asList(options));
    GOOD.stream()
        .filter(good -> Stream.of(options).noneMatch(option -> name(option).equals(name(good))))
        .forEach(all::add);
    return new DataflowCheck(
            PipelineOptionsFactory.fromArgs(all.toArray(String[]::new)).as(ScoringOptions.class))
        .problems();
  }

  private static String name(String option) {
    return option.replaceFirst("=.*", "");
  }
}
