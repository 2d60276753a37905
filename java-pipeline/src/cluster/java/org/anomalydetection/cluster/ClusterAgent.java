package org.anomalydetection.cluster;

import java.io.IOException;
import java.lang.instrument.Instrumentation;

/**
 * Makes of Beam's servers inside a cluster's processes what is needed: they listen on the loopback
 * interface, or the process does not start; they send workers no more than these take, and take
 * what these put out.
 *
 * <pre>
 * java -javaagent:flink.jar …
 * </pre>
 */
public final class ClusterAgent {
  private static volatile boolean installed;

  private ClusterAgent() {}

  /** Tells whether this process was started with the agent. */
  static boolean isInstalled() {
    return installed;
  }

  /** Is called before the main class runs; the process ends if the agent does not take effect. */
  public static void premain(String arguments, Instrumentation instrumentation) throws IOException {
    try {
      Loopback.install(instrumentation);
      Bundles.install(instrumentation);
      FlowControl.install(instrumentation);
      Outputs.install(instrumentation);
    } catch (LinkageError e) {
      Refusal.end(
          "expected the jars of the folder lib beside this agent on the class path, found " + e);
    }
    installed = true;
  }
}
