package org.anomalydetection.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The engine's servers for tests of other packages; they end with this process. */
public final class TestServers {
  private TestServers() {}

  /** Starts a Python service and returns its address. */
  public static String python() {
    return python(Executables.python().orElseThrow());
  }

  /** Starts a Python service whose Beam says that it has another version; returns its address. */
  public static String pythonOfBeam(String version) {
    try {
      Path program = Files.createTempFile("anomaly-detection", ".py");
      program.toFile().deleteOnExit();
      Files.writeString(
          program,
          String.join(
              "\n",
              "#!" + Path.of(Executables.python().orElseThrow()).resolveSibling("python"),
              "import apache_beam.version",
              "apache_beam.version.__version__ = '" + version + "'",
              "from anomaly_detection.cli import main",
              "main()"));
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
      return python(program.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String python(String executable) {
    PythonService service = PythonService.start(executable, log());
    Runtime.getRuntime().addShutdownHook(new Thread(service::close));
    return service.address();
  }

  /** Starts a Prism and returns its endpoint. */
  public static String prism() {
    Prism prism = Prism.start(Executables.prism().orElseThrow(), log());
    Runtime.getRuntime().addShutdownHook(new Thread(prism::close));
    return prism.endpoint();
  }

  private static Path log() {
    try {
      Path log = Files.createTempFile("server", ".log");
      log.toFile().deleteOnExit();
      return log;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
