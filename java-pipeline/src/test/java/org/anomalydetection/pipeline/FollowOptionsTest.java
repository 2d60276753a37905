package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.Header;
import org.anomalydetection.csv.ReadCsv;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Source;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FollowOptionsTest {
  private static final String SAMPLE = Project.file("data/opportunities.csv").toString();

  @TempDir Path folder;

  @BeforeAll
  static void register() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void shouldSaveThePositionBesideTheFilesUnlessToldOtherwise() {
    FollowPlan plan = plan("--follow", "--output=out", "--since=2026-01-31").orElseThrow();
    assertEquals("out/position.json", plan.saved().path());
    assertEquals(Optional.of(Instant.parse("2026-01-31T00:00:00Z")), plan.since());
    assertEquals(Duration.ofSeconds(10), plan.window());
    FollowPlan other =
        plan("--follow", "--position=memory://bucket/here.json", "--commitEvery=2m").orElseThrow();
    assertEquals("memory://bucket/here.json", other.saved().path());
    assertEquals(Duration.ofMinutes(2), other.window());
  }

  @ParameterizedTest
  @CsvSource({
    "--findDuplicates, '--findDuplicates: expected a run with an end'",
    "--alertAbove=0.1, '--alertAbove: expected a run with an end'",
    "--report=true, '--report: expected a run with an end'",
    "--stallLimit=60, '--stallLimit: expected a run with an end'",
    "--commitEvery=soon, '--commitEvery: expected a duration'",
    "--commitEvery=1500ms, '--commitEvery: expected whole seconds, found 1500ms'",
    "--commitEvery=0s, '--commitEvery: expected'",
    "--savepointPath=a, '--savepointPath: expected the job service of a Flink cluster'",
  })
  void shouldRefuseWhatDoesNotGoWithFollowing(String option, String expected) {
    List<String> problems = problems("--follow", option);
    assertEquals(1, problems.size(), problems.toString());
    assertThat(problems.get(0), containsString(expected));
  }

  @Test
  void shouldHaveFlinkMakeCheckpointsUnlessToldOtherwise() {
    List<String> problems = new ArrayList<>();
    ScoringOptions options = CommandLine.parse("--follow", "--jobEndpoint=host:1");
    plan(problems, options);
    assertEquals(10_000L, options.getCheckpointingInterval());
    assertEquals(true, options.getFinishBundleBeforeCheckpointing());
    assertEquals(200L, options.getMaxBundleTimeMills());
    assertEquals(false, options.getExternalizedCheckpointsEnabled());
    ScoringOptions own = CommandLine.parse("--follow", "--checkpointingInterval=5000");
    plan(problems, own);
    assertEquals(5000L, own.getCheckpointingInterval());
    assertEquals(List.of(), problems);
  }

  @Test
  void shouldRefuseAPositionThatNobodyFollows() {
    assertEquals(
        List.of("--position: expected --follow beside it, found it alone"),
        problems("--position=position.json"));
    assertEquals(
        List.of("--savepointPath: expected --follow beside it, found it alone"),
        problems("--savepointPath=a", "--jobEndpoint=host:1"));
  }

  @Test
  void shouldRefuseAPositionInWhosePlaceAnotherWouldBeFound() {
    assertEquals(
        List.of(
            "--position: expected a file that can be read and written, found"
                + " memory://bucket/[1].json: memory://bucket/[1].json has a wildcard; name one"
                + " without *, ?, [ and {"),
        problems("--follow", "--position=memory://bucket/[1].json"));
  }

  @Test
  void shouldBlameThePositionForItsScheme() {
    List<String> problems = problems("--follow", "--position=nofs://bucket/here.json");
    assertEquals(1, problems.size(), problems.toString());
    assertThat(
        problems.get(0),
        containsString(
            "--position: expected a file that can be read and written, found"
                + " nofs://bucket/here.json: "));
  }

  @Test
  void shouldSaveThePositionAtTheFileOfAUri() {
    FollowPlan plan = plan("--follow", "--position=file:///tmp/here.json").orElseThrow();
    assertEquals("/tmp/here.json", plan.saved().path());
  }

  @Test
  void shouldFollowWithoutAReport() {
    assertEquals(List.of(), problems("--follow", "--report=false"));
  }

  @Test
  void shouldNotReplaceFilesThatAreFollowedInto() throws IOException {
    Path committed = folder.resolve("scored-20261129T010500Z-00000-of-00001.jsonl");
    Files.writeString(committed, "{}\n");
    UsageException e =
        assertThrows(
            UsageException.class,
            () -> RunPlan.of(CommandLine.parse("--input=" + SAMPLE, "--output=" + folder)));
    assertThat(e.getMessage(), containsString("found those of --follow in " + folder));
  }

  private static Optional<FollowPlan> plan(String... args) {
    List<String> problems = new ArrayList<>();
    Optional<FollowPlan> plan = plan(problems, args);
    assertEquals(List.of(), problems);
    return plan;
  }

  private static List<String> problems(String... args) {
    List<String> problems = new ArrayList<>();
    plan(problems, args);
    return problems;
  }

  private static Optional<FollowPlan> plan(List<String> problems, String... args) {
    return plan(problems, CommandLine.parse(args));
  }

  private static Optional<FollowPlan> plan(List<String> problems, ScoringOptions options) {
    Columns columns = Header.read(SAMPLE, "Id", ContractSchema.inputKinds());
    ReadCsv read = ReadCsv.from(SAMPLE, columns);
    Source source =
        new Source(
            "a test",
            columns,
            read,
            Optional.of(new Source.Changes(Map.of("file", SAMPLE), time -> read)));
    return new FollowCheck(options, problems).plan(source);
  }
}
