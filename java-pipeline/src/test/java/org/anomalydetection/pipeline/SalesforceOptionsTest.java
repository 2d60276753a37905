package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with options is said before anybody calls Salesforce: there is none here. */
class SalesforceOptionsTest {
  @TempDir Path folder;
  private Path login;

  @BeforeEach
  void writeLogin() throws IOException {
    login =
        Files.writeString(
            folder.resolve("login.json"), "{\"client_id\": \"x\", \"client_secret\": \"y\"}");
  }

  private String problems(String... args) {
    String[] all =
        Stream.concat(
                Stream.of(
                    "--source=salesforce",
                    "--salesforceCredentials=" + login,
                    "--expansionService=h:1",
                    "--report=false",
                    "--output=" + folder.resolve("out")),
                Arrays.stream(args))
            .toArray(String[]::new);
    return assertThrows(UsageException.class, () -> RunPlan.of(CommandLine.parse(all)))
        .getMessage();
  }

  private String problemsOfOrg(String... args) {
    return problems(
        Stream.concat(Stream.of("--salesforceUrl=https://org.example"), Arrays.stream(args))
            .toArray(String[]::new));
  }

  @Test
  void shouldRefuseAnotherSource() {
    assertThat(
        MainResult.of("--source=excel").err(),
        containsString("--source: expected csv or salesforce, found excel"));
  }

  @Test
  void shouldRefuseWhatSaysSomethingOfSalesforceWhereNoneIsRead() {
    List<String> options =
        List.of(
            "--salesforceUrl=https://org.example",
            "--salesforceCredentials=x",
            "--salesforceFields=x",
            "--query=x",
            "--since=x",
            "--until=x",
            "--follow",
            "--window=x",
            "--includeDeleted");
    MainResult result = MainResult.of(options.toArray(String[]::new));
    assertEquals(2, result.exitCode());
    assertThat(result.err(), containsString("error: 9 problems"));
    for (String option : options) {
      assertThat(
          result.err(),
          containsString(
              option.replaceFirst("=.*", "")
                  + ": expected --source=salesforce beside it, found it alone"));
    }
  }

  @Test
  void shouldRequireAnAddress() {
    assertThat(problems(), containsString("--salesforceUrl: expected the address of an org"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://org.example",
        "ftp://org.example",
        "org.example",
        "https://user:pw@org.example",
        "https://user:pw^ d@org.example",
        "https://org.example/path",
        "https://org example"
      })
  void shouldRequireAnAddressThatIsSafe(String url) {
    String problem = problems("--salesforceUrl=" + url);
    assertThat(problem, containsString("--salesforceUrl: "));
    assertEquals(-1, problem.indexOf("pw"));
  }

  @Test
  void shouldRequireALogin() {
    login = folder.resolve("no.json");
    assertThat(problemsOfOrg(), containsString("--salesforceCredentials: "));
  }

  @Test
  void shouldSayOfALoginWhatIsWrongWithIt() {
    String problem =
        MainResult.of(
                "--source=salesforce",
                "--salesforceUrl=https://org.example",
                "--salesforceCredentials=vault:x")
            .err();
    assertThat(problem, containsString("--salesforceCredentials: Vault"));
    assertEquals(-1, problem.indexOf("--salesforceUrl:"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--query=SELECT Id FROM Opportunity|--query: expected no --since beside it, found both",
        "--since=yesterday|--since: expected a time such as 2024-01-31 or 2024-01-31T12:00:00Z",
        "--since=2024-01-31T12:00:00|--since: expected a time such as 2024-01-31",
        "--since=2999-01-01|--since: expected a time before",
        "--until=2024-01-01|--since: expected a time before 2024-01-01T00:00:00Z, found 2024-01-31",
        "--until=2999-01-01|--until: expected a time that is at least --lag=5m ago",
        "--lag=5|--lag: expected a duration such as 90s, 5m, 1h or 30d, found 5",
        "--lag=-5m|--lag: expected a duration such as",
        "--pollInterval=0s|--pollInterval: expected a duration such as 90s, 5m, 1h or 30d above 0",
        "--window=1s|--window: expected one that divides the time into 1000 parts at the most",
        "--window=month|--window: expected a duration such as",
        "--salesforceJobTimeout=x|--salesforceJobTimeout: expected a duration such as",
      })
  void shouldRefuse(String option, String problem) {
    String[] args =
        option.startsWith("--since")
            ? new String[] {option}
            : new String[] {"--since=2024-01-31", option};
    assertThat(problemsOfOrg(args), containsString(problem));
  }

  @Test
  void shouldRefuseWhatIsOnlyForChanges() {
    String problems = problemsOfOrg("--until=2024-01-31", "--window=1d");
    assertThat(problems, containsString("2 problems"));
    assertThat(problems, containsString("--until: expected --since beside it, found it alone"));
    assertThat(problems, containsString("--window: expected --since beside it, found it alone"));
  }

  @Test
  void shouldRefuseWhatHasAnEndWhereChangesAreFollowed() {
    String problems =
        problemsOfOrg(
            "--follow",
            "--since=2024-01-01",
            "--until=2024-01-31",
            "--query=SELECT Id FROM Opportunity");
    assertThat(problems, containsString("--follow: expected no --until beside it, found both"));
    assertThat(problems, containsString("--follow: expected no --query beside it, found both"));
  }

  @Test
  void shouldRequireAnIdThatIsRead() {
    assertThat(
        problemsOfOrg("--idColumn=Number"), containsString("--idColumn: expected one of Id, "));
  }

  @Test
  void shouldRequireTheIdAmongTheFieldsOfAQuery() {
    assertThat(
        problemsOfOrg("--query=SELECT Name, StageName FROM Opportunity"),
        containsString("--query: expected the id column Id among its fields, found Name, Stage;"));
    assertThat(
        problemsOfOrg("--query=SELECT COUNT(Id) FROM Opportunity"),
        containsString("--query: expected fields by their names"));
  }

  @Test
  void shouldRefuseAMappingThatIsNone() throws IOException {
    Path mapping = Files.writeString(folder.resolve("mapping.json"), "{\"Segment\": 5}");
    String option = "--salesforceFields=" + mapping;
    assertThat(
        problemsOfOrg(option), containsString("expected the path of a field or null for Segment"));
    Files.writeString(mapping, "[]");
    assertThat(problemsOfOrg(option), containsString("expected an object of JSON in"));
    Files.writeString(mapping, "{");
    assertThat(problemsOfOrg(option), containsString("--salesforceFields: expected a JSON file"));
    Files.delete(mapping);
    assertThat(problemsOfOrg(option), containsString("--salesforceFields: expected a JSON file"));
  }
}
