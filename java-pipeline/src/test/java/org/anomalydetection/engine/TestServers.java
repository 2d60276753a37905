package org.anomalydetection.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The engine's servers for tests of other packages; they end with this process. */
public final class TestServers {
  private TestServers() {}

  /** Starts a Python service and returns its address. */
  public static String python() {
    PythonService service = PythonService.start(Executables.python().orElseThrow(), log());
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
