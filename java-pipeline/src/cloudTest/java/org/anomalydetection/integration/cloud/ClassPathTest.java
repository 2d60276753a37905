package org.anomalydetection.integration.cloud;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.anomalydetection.Project;
import org.anomalydetection.integration.Forked;
import org.anomalydetection.integration.GradleRun;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which runs have the libraries for clouds on their class path, and where on it. */
class ClassPathTest {
  private static final Path INSTALLED =
      Project.file("java-pipeline/build/install/java-pipeline").toAbsolutePath();
  private static final String CLOUD = INSTALLED.resolve("lib/cloud/*").toString();

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--outputTable=project:dataset.scored",
        "--outputTableWithoutValue",
        "--runner=DataflowRunner",
        "--dryRun",
        "--input=gs://bucket/rows.csv",
        "--model=s3://bucket/a folder",
        "--filesToStage=a.jar,gs://bucket/b.jar"
      })
  void shouldComeLastWhereAnArgumentNeedsThem(String argument) throws Exception {
    String classPath = classPath(INSTALLED, "--idColumn=x y", argument);
    assertTrue(classPath.endsWith(":" + CLOUD), classPath);
    assertThat(classPath, startsWith(classPath(INSTALLED) + ":"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--output=build/scored", "--outputFormat=csv", "--runner=PortableRunner", "gs:/a"})
  void shouldStayAwayFromOtherRuns(String argument) throws Exception {
    assertThat(classPath(INSTALLED, argument), not(containsString("/lib/cloud")));
  }

  @Test
  void shouldSayHowTheyAreInstalledWhereTheyAreMissing() throws Exception {
    Path copy = folder.resolve("copy");
    Files.createDirectories(copy.resolve("lib"));
    Files.createDirectories(copy.resolve("bin"));
    Files.copy(script(INSTALLED), script(copy));
    Forked run = start(copy, "--input=gs://bucket/rows.csv");
    assertEquals(2, run.exitCode());
    assertThat(
        run.err(),
        containsString("expected the libraries for clouds in " + copy.toRealPath() + "/lib/cloud"));
    assertThat(run.err(), containsString("make cloud"));
    assertEquals("", run.out());
  }

  @Test
  void shouldKnowTheTablesOfBigQuery() throws Exception {
    Forked run =
        Forked.command(
            folder, List.of("sh", script(INSTALLED).toString(), "--outputTable=crm.scored"));
    assertEquals(2, run.exitCode());
    assertThat(run.err(), containsString("--outputTable: expected a table of BigQuery"));
  }

  @Test
  void shouldBeThereForGradleToo() throws Exception {
    Forked run =
        GradleRun.of(
            folder,
            "--gcpTempLocation=gs://bucket/folder --idColumn=Nothing",
            ":java-pipeline:cloudJar");
    assertTrue(run.exitCode() != 0);
    assertThat(run.err(), containsString("expected the id column Nothing"));
    assertThat(run.err(), not(containsString("gcpTempLocation")));
  }

  private static Path script(Path installed) {
    return installed.resolve("bin/java-pipeline");
  }

  /** Returns the class path that the start script gives to Java. */
  private String classPath(Path installed, String... arguments) throws Exception {
    Path java = Files.createDirectories(folder.resolve("java/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nfor one in \"$@\" ; do echo \"$one\" ; done\n");
    assertTrue(java.toFile().setExecutable(true));
    Forked run = start(installed, arguments);
    assertEquals(0, run.exitCode(), run.err());
    List<String> given = run.out().lines().toList();
    assertEquals(
        Arrays.asList(arguments), given.subList(given.size() - arguments.length, given.size()));
    return given.get(given.indexOf("-classpath") + 1);
  }

  private Forked start(Path installed, String... arguments) throws IOException {
    String java = "JAVA_HOME=" + folder.resolve("java");
    return Forked.command(
        folder,
        Stream.concat(
                Stream.of("env", java, "sh", script(installed).toString()),
                Arrays.stream(arguments))
            .toList());
  }
}
