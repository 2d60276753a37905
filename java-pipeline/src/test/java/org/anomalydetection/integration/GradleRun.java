package org.anomalydetection.integration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.Project;

/** The run of Gradle, in what the build that runs the tests has compiled. */
public final class GradleRun {
  private GradleRun() {}

  /**
   * Starts the product by Gradle.
   *
   * @param folder where to put a cache: the build that runs the tests holds the usual one
   * @param args the value of {@code --args}
   * @param compiled the tasks that are not to run once more, beside those of the product
   */
  public static Forked of(Path folder, String args, String... compiled) throws IOException {
    Path launcher = Project.file("build/tools/gradle");
    List<String> command =
        new ArrayList<>(
            List.of(
                Files.isExecutable(launcher) ? launcher.toString() : "gradle",
                "--quiet",
                "--offline",
                "--project-cache-dir=" + folder.resolve("cache"),
                "--exclude-task=:java-pipeline:compileJava",
                "--exclude-task=:java-pipeline:processResources"));
    for (String task : compiled) {
      command.add("--exclude-task=" + task);
    }
    command.addAll(List.of(":java-pipeline:run", "--args=" + args));
    return Forked.command(folder, command);
  }
}
