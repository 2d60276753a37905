package org.anomalydetection.integration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.engine.TestPythonService;

/** One Python service for all tests of this process, which loads for seconds and ends with it. */
final class RunningService {
  private static final TestPythonService SERVICE = start();

  private RunningService() {}

  static String address() {
    return SERVICE.address();
  }

  private static TestPythonService start() {
    try {
      Path log = Files.createTempFile("python-service", ".log");
      log.toFile().deleteOnExit();
      return TestPythonService.start(Executables.python().orElseThrow(), log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
