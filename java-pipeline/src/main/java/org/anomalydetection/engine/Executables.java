package org.anomalydetection.engine;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Finds the programs of the project that this code lies in. What lies about the current folder,
 * which may be of anybody, is not run.
 */
public final class Executables {
  /** Where a project has its code, from the project's root. */
  private static final Path BUILD = Path.of("java-pipeline", "build");

  private static final Path PRISM = Path.of("build", "tools", "prism");
  private static final Path PYTHON =
      Path.of("python-transform", ".venv", "bin", "anomaly-detection");

  private Executables() {}

  /** Returns the Prism that the set-up made, or else one on the PATH. */
  public static Optional<String> prism() {
    return inProject(PRISM).or(() -> onPath("prism"));
  }

  /** Returns the {@code anomaly-detection} command of the set-up, or else one on the PATH. */
  public static Optional<String> python() {
    return inProject(PYTHON).or(() -> onPath("anomaly-detection"));
  }

  /** Returns the absolute path of a program, nothing where there is none at this path. */
  public static Optional<String> program(String path) {
    Path file = Path.of(path);
    return Files.isRegularFile(file) && Files.isExecutable(file)
        ? Optional.of(file.toAbsolutePath().toString())
        : Optional.empty();
  }

  /**
   * Prepares a process of another program. The logins of this one, which only readers and writers
   * in this process need, are not in its environment.
   */
  public static ProcessBuilder process(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.matches("(?:SALESFORCE|VAULT)_.*|OUTPUT_JDBC_PASSWORD|PGPASSWORD"));
    return builder;
  }

  private static Optional<String> inProject(Path relative) {
    return Stream.iterate(code(), folder -> folder != null, Path::getParent)
        .filter(folder -> folder.endsWith(BUILD))
        .map(folder -> folder.getParent().resolveSibling(relative))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }

  private static Optional<String> onPath(String name) {
    return Arrays.stream(
            Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator))
        .map(folder -> Path.of(folder, name))
        .filter(Path::isAbsolute)
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .map(Path::toString)
        .findFirst();
  }

  private static @Nullable Path code() {
    try {
      return Path.of(Executables.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      return null;
    }
  }
}
