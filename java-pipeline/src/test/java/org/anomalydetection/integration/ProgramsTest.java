package org.anomalydetection.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.anomalydetection.Project;
import org.anomalydetection.engine.Executables;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which programs a run takes, wherever it is started: none that lie about there. */
class ProgramsTest {
  private static final String CLASS_PATH = System.getProperty("java.class.path");

  @TempDir Path folder;
  private Path job;

  @BeforeEach
  void plant() throws IOException {
    job = Files.createDirectory(folder.resolve("job"));
    for (Path project : List.of(folder, job)) {
      plant(project.resolve("python-transform/.venv/bin/anomaly-detection"));
      plant(project.resolve("build/tools/prism"));
    }
    plant(job.resolve("anomaly-detection"));
    plant(job.resolve("prism"));
  }

  private static void plant(Path program) throws IOException {
    Files.createDirectories(program.getParent());
    Files.writeString(program, "#!/bin/sh\n");
    assertEquals(true, program.toFile().setExecutable(true));
  }

  @Test
  void shouldTakeThoseOfTheProjectOfTheCode() throws Exception {
    assertEquals(
        List.of(
            Project.file("python-transform/.venv/bin/anomaly-detection").toString(),
            Project.file("build/tools/prism").toString()),
        found(CLASS_PATH));
  }

  @Test
  void shouldTakeNoneOfTheCurrentFolderWhereTheCodeIsInNoProject() throws Exception {
    String type = Executables.class.getName().replace('.', '/') + ".class";
    Path copy = folder.resolve("lib").resolve(type);
    Files.createDirectories(copy.getParent());
    try (InputStream in = Executables.class.getClassLoader().getResourceAsStream(type)) {
      Files.copy(in, copy);
    }
    assertEquals(
        List.of("none", "none"), found(folder.resolve("lib") + File.pathSeparator + CLASS_PATH));
  }

  /** Returns what is found from the folder of the job, with nothing but that on the PATH. */
  private List<String> found(String classPath) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                ProgramsTest.class.getName())
            .directory(job.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("PATH", ":.:../job");
    Process process = builder.start();
    try (InputStream out = process.getInputStream()) {
      return new String(out.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  /** Prints what is found. */
  public static void main(String[] args) {
    System.out.println(Executables.python().orElse("none"));
    System.out.println(Executables.prism().orElse("none"));
  }
}
