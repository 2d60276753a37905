package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.anomalydetection.Project;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the programs that a run starts learn of its logins: nothing. */
class ChildrenTest {
  private static final List<String> LOGINS =
      List.of(
          "SALESFORCE_CLIENT_ID",
          "SALESFORCE_CLIENT_SECRET",
          "SALESFORCE_USERNAME",
          "SALESFORCE_PRIVATE_KEY_FILE",
          "VAULT_ADDR",
          "VAULT_NAMESPACE",
          "VAULT_TOKEN",
          "VAULT_TOKEN_FILE",
          "OUTPUT_JDBC_PASSWORD",
          "PGPASSWORD");

  @TempDir Path folder;

  @Test
  void shouldGiveNoLoginsToTheProgramsThatItStarts() throws IOException, InterruptedException {
    Map<String, String> environment = new HashMap<>(Map.of("ANOTHER_SETTING", "kept"));
    LOGINS.forEach(name -> environment.put(name, "secret"));
    Forked run =
        Forked.main(
            folder,
            environment,
            "--python=" + program("python"),
            "--prism=" + program("prism"),
            "--output=" + folder.resolve("out"));
    assertEquals(1, run.exitCode(), run.err());
    for (String child : List.of("python", "prism")) {
      List<String> seen = Files.readAllLines(folder.resolve(child + ".env"));
      assertThat(child, seen, hasItem("ANOTHER_SETTING=kept"));
      assertEquals(List.of(), seen.stream().filter(line -> line.endsWith("=secret")).toList());
    }
  }

  @Test
  void shouldStartProgramsInOnePlaceOnly() throws IOException {
    try (Stream<Path> files = Files.walk(Project.file("java-pipeline/src/main/java"))) {
      assertEquals(
          List.of("Executables.java"),
          files
              .filter(Files::isRegularFile)
              .filter(file -> Project.text(file.toString()).contains("ProcessBuilder("))
              .map(file -> file.getFileName().toString())
              .toList());
    }
  }

  /** Writes down its environment, and fails when both programs have done so. */
  private Path program(String name) throws IOException {
    Path script =
        Files.createFile(
            folder.resolve(name),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    return Files.writeString(
        script,
        """
        #!/bin/sh
        env >%1$s/%2$s.new && mv %1$s/%2$s.new %1$s/%2$s.env
        until [ -e %1$s/python.env ] && [ -e %1$s/prism.env ]; do sleep 0.05; done
        exit 1
        """
            .formatted(folder, name));
  }
}
