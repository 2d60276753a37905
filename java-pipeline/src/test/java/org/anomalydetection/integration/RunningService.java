package org.anomalydetection.integration;

import org.anomalydetection.engine.TestServers;

/** One Python service for all tests of this process: it loads for seconds. */
public final class RunningService {
  private static final String ADDRESS = TestServers.python();

  private RunningService() {}

  /** Returns its address. */
  public static String address() {
    return ADDRESS;
  }
}
