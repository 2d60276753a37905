package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.anomalydetection.duplicates.CopyKey;
import org.anomalydetection.transform.Boundary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
  @TempDir Path folder;
  private Path input;

  @BeforeEach
  void writeInput() throws IOException {
    input = Files.writeString(folder.resolve("in.csv"), "Opportunity Name,Amount,#\nx,1,2\n");
  }

  @Test
  void shouldPrintEveryOptionInTheHelp() {
    MainResult help = MainResult.of("--help");
    assertEquals(0, help.exitCode());
    for (Method getter : getters()) {
      if (getter.getName().startsWith("get")) {
        String name = getter.getName().substring(3);
        assertThat(
            help.out(),
            containsString(
                "\n  --"
                    + name.substring(0, 1).toLowerCase(Locale.ROOT)
                    + name.substring(1)
                    + "="));
      }
    }
    assertThat(help.out(), containsString("--jobEndpoint="));
    assertThat(
        help.out().replaceAll("\\s+", " "), containsString("Default: data/opportunities.csv."));
    assertThat(help.out(), containsString("--idColumn='Opportunity Name'"));
  }

  private static List<Method> getters() {
    List<Method> getters = new ArrayList<>(List.of(ScoringOptions.class.getDeclaredMethods()));
    getters.addAll(List.of(SalesforceOptions.class.getDeclaredMethods()));
    getters.addAll(List.of(ClusterOptions.class.getDeclaredMethods()));
    return getters;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--idColum=x|--idColum: unknown option; did you mean --idColumn?",
        "--keepcolumns=x|--keepcolumns: unknown option; did you mean --keepColumns?",
        "--completelyUnknownOption=1|--completelyUnknownOption: unknown option; --help lists them",
        "--alpha=much|--alpha: expected a number, found much",
        "--explain=1.5|--explain: expected a whole number, found 1.5",
        "--batchSize=|--batchSize: expected a whole number, found ",
        "input.csv|input.csv: expected --option=value",
        "--findDuplicates=maybe|--findDuplicates: expected true or false, found maybe",
        "--alertAbove=much|--alertAbove: expected a number, found much",
        "--report=yes|--report: expected true or false, found yes",
        "--parallelism=many|--parallelism: expected a whole number, found many",
        "--stallLimit=0|--stallLimit: expected 1 or more, found 0",
        "--runner=NoRunner|--runner: expected PortableRunner or, with the libraries of `make"
            + " cloud`, DataflowRunner, found NoRunner",
      })
  void shouldRefuseArguments(String argument, String message) {
    MainResult result = MainResult.of(argument);
    assertEquals(2, result.exitCode());
    assertThat(result.err(), containsString("error: " + message));
  }

  @Test
  void shouldRefuseAnOptionThatIsGivenTwice() {
    assertThat(
        MainResult.of("--alpha=0.1", "--alpha=0.2").err(),
        containsString("--alpha: expected once, found again"));
  }

  @Test
  void shouldListAllProblemsOfArgumentsAtOnce() {
    MainResult result = MainResult.of("--alpha=x", "--colour=red", "--explain=y");
    assertThat(result.err(), containsString("error: 3 problems:\n  - --alpha"));
    assertThat(result.err(), containsString("  - --colour"));
    assertThat(result.err(), containsString("  - --explain"));
  }

  @Test
  void shouldRefuseWhereResultsCannotGo() {
    List<String> problems =
        problems(
            "--input=" + input,
            "--idColumn=Name",
            "--outputFormat=CSV",
            "--outputJdbcUrl=jdbc:postgresql://localhost/crm?password=hunter2");
    assertEquals(2, problems.size(), problems.toString());
    assertEquals("--outputFormat: expected one of jsonl, csv, parquet, found CSV", problems.get(0));
    assertThat(problems.get(1), containsString("--outputJdbcUrl: expected a URL without a pass"));
    assertThat(problems.get(1), not(containsString("hunter2")));
  }

  @Test
  void shouldRefuseAnInputBesideAReplay() throws IOException {
    Path errors = Files.writeString(folder.resolve("e.jsonl"), "{\"element\":{\"Id\":\"1\"}}\n");
    List<String> problems = problems("--input=" + input, "--replay=" + errors);
    assertEquals(
        List.of(
            "--replay: expected neither --input nor --source beside it, found "
                + input
                + " of csv"),
        problems);
  }

  @Test
  void shouldRefuseToReplaceWhatItReplays() throws IOException {
    Files.writeString(folder.resolve("errors-0.jsonl"), "{\"element\":{\"Id\":\"1\"}}\n");
    List<String> problems =
        problems("--replay=" + folder.resolve("errors-*.jsonl"), "--output=" + folder);
    assertEquals(1, problems.size(), problems.toString());
    assertThat(problems.get(0), containsString("--replay: expected files outside of --output"));
  }

  @Test
  void shouldReadTheRecordsOfErrors() throws IOException {
    Path errors =
        Files.writeString(folder.resolve("e.jsonl"), "{\"element\":{\"Id\":\"1\",\"x\":2}}\n");
    RunPlan plan = plan("--replay=" + errors);
    assertEquals(List.of("Id", "x"), plan.keptColumns());
    assertEquals(errors.toString(), plan.source().name());
  }

  @Test
  void shouldListAllProblemsOfValuesAtOnce() {
    List<String> problems =
        problems(
            "--input=" + folder.resolve("missing.csv"),
            "--alpha=1.5",
            "--explain=-1",
            "--batchSize=0",
            "--boundary=COLUMNS",
            "--jobEndpoint=nowhere",
            "--expansionService=localhost:99999");
    assertEquals(7, problems.size(), problems.toString());
    assertThat(problems.get(0), containsString("--alpha: expected a number between 0 and 1"));
    assertThat(problems.get(1), containsString("--explain: expected 0 or more, found -1"));
    assertThat(problems.get(2), containsString("--batchSize: expected 1 or more, found 0"));
    assertThat(problems.get(3), containsString("--boundary: expected columns or rows, found COL"));
    assertThat(problems.get(4), containsString("--jobEndpoint: expected host:port, found nowhere"));
    assertThat(problems.get(5), containsString("--expansionService: expected host:port"));
    assertThat(problems.get(6), containsString("missing.csv: expected a CSV file, found none"));
  }

  @Test
  void shouldRequireAnOutputThatCanBeWritten() {
    assertThat(
        problems(input(), id(), "--output=" + input.resolve("sub")).toString(),
        containsString("--output: expected a folder that can be written, found " + input));
    assertThat(
        problems(input(), id(), "--output=" + input).toString(), containsString("is not a folder"));
    assertThat(
        problems(input(), id(), "--output=nofs://bucket/out").toString(), containsString("nofs"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"results-*", "out[2026]", "out?", "{a,b}", "runs[1]/out"})
  void shouldRefuseAnOutputInWhosePlaceOthersWouldBeFound(String name) throws IOException {
    Files.createDirectories(folder.resolve(name));
    List<String> problems = problems(input(), id(), "--output=" + folder.resolve(name));
    assertEquals(
        List.of(
            String.format(
                "--output: expected a folder that can be written, found %1$s: %1$s/ has a wildcard;"
                    + " name one without *, ?, [ and {",
                folder.resolve(name))),
        problems);
  }

  @Test
  void shouldTakeFileUrisForThePathsThatTheyAre() throws IOException {
    Path reviewed = Files.writeString(folder.resolve("r.csv"), "id,column\n");
    RunPlan plan =
        plan(
            "--input=file://" + input,
            "--output=file:" + folder.resolve("out"),
            "--ignore=FILE://" + reviewed,
            id());
    assertEquals(input.toString(), plan.source().name());
    assertEquals(folder.resolve("out").toString(), plan.options().getOutput());
    assertEquals(true, plan.reviewed().isPresent());
    Files.writeString(folder.resolve("errors-0.jsonl"), "{\"element\":{\"Id\":\"1\"}}\n");
    assertThat(
        problems("--replay=file://" + folder + "/errors-*.jsonl", "--output=" + folder).toString(),
        containsString("--replay: expected files outside of --output"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"file:out", "file://host/out", "file:"})
  void shouldRefuseFileUrisOfNoPathOnThisMachine(String uri) {
    assertEquals(
        List.of("--output: expected file:///PATH or a path, found " + uri),
        problems(input(), id(), "--output=" + uri));
  }

  @Test
  void shouldRequireProgramsThatAreThere() {
    List<String> problems = problems("--prism=/no/prism", "--python=/no/python", input(), id());
    assertEquals(
        List.of(
            "--prism: expected a program, found none at /no/prism",
            "--python: expected a program, found none at /no/python"),
        problems);
  }

  @Test
  void shouldSendColumnsUnlessRowsAreAskedFor() {
    assertEquals(Boundary.COLUMNS, plan(input(), id()).boundary());
    assertEquals(Boundary.ROWS, plan(input(), id(), "--boundary=rows").boundary());
  }

  @Test
  void shouldTakeTheIdColumnByEitherName() {
    assertEquals("Name", plan(input(), id()).columns().idColumn());
    assertEquals("Name", plan(input(), "--idColumn=Name").columns().idColumn());
  }

  @Test
  void shouldKeepAllColumnsByDefault() {
    assertEquals(List.of("Name", "Amount", "#"), plan(input(), id()).keptColumns());
  }

  @Test
  void shouldKeepTheColumnsThatAreAskedFor() {
    assertEquals(
        List.of("#", "Name"),
        plan(input(), id(), "--keepColumns=#,Opportunity Name,Name").keptColumns());
    assertEquals(List.of(), plan(input(), id(), "--keepColumns=").keptColumns());
  }

  @Test
  void shouldRefuseToKeepAColumnThatIsNotThere() {
    assertThat(
        problems(input(), id(), "--keepColumns=Amuont").toString(),
        containsString("(Name, Amount, #), found Amuont"));
  }

  @Test
  void shouldRefuseToKeepAColumnNamedLikeAnOutput() throws IOException {
    Files.writeString(input, "Id,id,score\n1,2,3\n");
    List<String> problems = problems(input());
    assertEquals(2, problems.size(), problems.toString());
    assertThat(problems.get(0), containsString("the input column id has the name of a field"));
    assertThat(problems.get(1), containsString("the input column score has the name of a field"));
    assertEquals(List.of("Id"), plan(input(), "--keepColumns=Id").keptColumns());
  }

  @Test
  void shouldCompareRowsByTheColumnsThatAreAskedFor() throws IOException {
    Files.writeString(input, "Id,Account Name,Product Name,Amount,Opportunity Name,#\n");
    CopyKey key = plan(input(), "--findDuplicates").copyKey().orElseThrow();
    assertEquals(List.of("Account", "Product", "Name"), key.columns());
    RunPlan plan =
        plan(
            input(),
            "--findDuplicates=true",
            "--duplicateKey=Account,#,Account Name",
            "--keepColumns=Product");
    assertEquals(List.of("Account", "#"), plan.copyKey().orElseThrow().columns());
    assertEquals(List.of("Product", "Account", "#", "Amount"), plan.returnedColumns());
    assertEquals(true, plan(input()).copyKey().isEmpty());
    assertEquals(true, plan(input(), "--findDuplicates=false").copyKey().isEmpty());
  }

  @Test
  void shouldRefuseColumnsByWhichNoRowsCanBeCompared() throws IOException {
    Files.writeString(input, "Id,#,score\n");
    assertThat(
        problems(input(), "--keepColumns=Id", "--findDuplicates").get(0),
        containsString("--findDuplicates: expected columns to compare rows by, found none"));
    List<String> problems =
        problems(input(), "--keepColumns=#", "--findDuplicates", "--duplicateKey=Id,colour,score");
    assertEquals(3, problems.size(), problems.toString());
    assertThat(
        problems.get(0),
        containsString(
            "--duplicateKey: expected columns of " + input + " but the id (#, score), found Id"));
    assertThat(problems.get(1), containsString("but the id (#, score), found colour"));
    assertThat(problems.get(2), containsString("the input column score has the name of a field"));
    assertThat(
        problems(input(), "--keepColumns=#", "--duplicateKey=#").get(0),
        containsString("--duplicateKey: expected --findDuplicates beside it, found it alone"));
  }

  @Test
  void shouldRefuseToKeepAColumnNamedLikeAFieldThatAnOptionAdds() throws IOException {
    Files.writeString(input, "Id,Account,duplicates,ignored\n");
    Path reviewed = Files.writeString(folder.resolve("r.csv"), "id,column\n");
    assertEquals(List.of(), plan(input(), "--keepColumns=").keptColumns());
    assertEquals(4, plan(input()).keptColumns().size());
    List<String> problems = problems(input(), "--findDuplicates", "--ignore=" + reviewed);
    assertEquals(2, problems.size(), problems.toString());
    assertThat(problems.get(0), containsString("the input column duplicates has the name"));
    assertThat(problems.get(1), containsString("the input column ignored has the name"));
  }

  @Test
  void shouldRefuseAFileOfReviewedRowsThatCannotBeUsed() throws IOException {
    Path reviewed = Files.writeString(folder.resolve("r.csv"), "id,column\na,\n,\n");
    assertEquals(
        List.of(
            "--ignore " + reviewed + ", line 3: expected an id, a column or both, found neither"),
        problems(input(), id(), "--ignore=" + reviewed));
    Files.writeString(reviewed, "id,column\n,Stage\n");
    assertThat(
        problems(input(), id(), "--ignore=" + reviewed, "--explain=0").get(0),
        containsString("with --explain=0 there are no reasons"));
    assertEquals(true, plan(input(), id(), "--ignore=" + reviewed).reviewed().isPresent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"-0.01", "1", "NaN"})
  void shouldRefuseAnAlertThatIsNoShare(String share) {
    assertThat(
        problems(input(), id(), "--alertAbove=" + share).get(0),
        containsString("--alertAbove: expected a share from 0 to below 1, found"));
  }

  @Test
  void shouldMakeAReportWhereItCan() {
    assertEquals(true, plan(input(), id(), "--report=false").report().isEmpty());
    assertThat(plan(input(), id()).report().orElseThrow(), containsString("bin/anomaly-detection"));
    assertEquals(
        true,
        plan(input(), id(), "--expansionService=h:2", "--python=/no/python").report().isPresent());
    assertThat(
        problems(input(), id(), "--expansionService=h:2", "--python=/no/python", "--report=true")
            .get(0),
        containsString("--python: expected a program, found none at /no/python"));
  }

  @Test
  void shouldNotMakeModelUrisAbsolute() {
    assertEquals("pretrained/encoder.pth", plan(input(), id()).model().encoder());
    assertEquals(
        "gs://bucket/m.params",
        plan(input(), id(), "--model=my", "--paramsUri=gs://bucket/m.params").model().params());
    assertEquals(
        "my/anomaly_detection.model",
        plan(input(), id(), "--model=my", "--paramsUri=gs://bucket/m.params").model().model());
  }

  @Test
  void shouldNotLookForProgramsThatAreNotNeeded() {
    RunPlan plan = plan(input(), id(), "--jobEndpoint=h:1", "--expansionService=h:2");
    assertEquals(true, plan.engine().prism().isEmpty());
    assertEquals(true, plan.engine().python().isEmpty());
    assertEquals("h:2", plan.engine().expansionService().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:8088", "10.0.0.1:1", "[::1]:8088"})
  void shouldTakeAddresses(String address) {
    assertEquals(
        address,
        plan(input(), id(), "--expansionService=" + address)
            .engine()
            .expansionService()
            .orElseThrow());
  }

  @Test
  void shouldUnderstandTheOptionsOfBeam() {
    assertThat(
        MainResult.of("--defaultEnvironmentType=DOCKER", "--input=/no.csv").err(),
        not(containsString("defaultEnvironmentType")));
  }

  private static List<String> problems(String... args) {
    UsageException e = assertThrows(UsageException.class, () -> plan(args));
    List<String> problems = new ArrayList<>(e.getMessage().lines().toList());
    if (problems.size() > 1) {
      problems.remove(0);
    }
    problems.replaceAll(line -> line.replaceFirst("^ {2}- ", ""));
    return problems;
  }

  private static RunPlan plan(String... args) {
    return RunPlan.of(CommandLine.parse(args));
  }

  private String input() {
    return "--input=" + input;
  }

  private static String id() {
    return "--idColumn=Opportunity Name";
  }
}
