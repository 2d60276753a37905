package org.anomalydetection.integration;

import java.util.Optional;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.engine.TestServers;
import org.apache.beam.sdk.options.PipelineOptions;

/** One Python service for all tests of this process: it loads for seconds. */
public final class RunningService {
  private static final String ADDRESS = TestServers.python();

  private RunningService() {}

  /** Returns its address. */
  public static String address() {
    return ADDRESS;
  }

  /** Starts an engine that has this service, and a Prism of its own. */
  static Engine engine(PipelineOptions options) {
    return Engine.start(
        new Engine.Settings(
            Optional.empty(), Optional.of(ADDRESS), Executables.prism(), Optional.empty()),
        options);
  }
}
