package org.anomalydetection.engine;

import java.nio.file.Path;

/** The engine's Python service for tests of other packages. */
public final class TestPythonService {
  private final PythonService service;

  private TestPythonService(PythonService service) {
    this.service = service;
  }

  /** Starts the service; it ends with this process, whose end closes its input. */
  public static TestPythonService start(String executable, Path log) {
    PythonService service = PythonService.start(executable, log);
    Runtime.getRuntime().addShutdownHook(new Thread(service::close));
    return new TestPythonService(service);
  }

  /** Returns where transforms are expanded. */
  public String address() {
    return service.address();
  }
}
