package org.anomalydetection.spark;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import net.bytebuddy.asm.Advice;
import org.anomalydetection.cluster.Advised;
import org.anomalydetection.cluster.LoopbackAgent;
import org.apache.beam.runners.fnexecution.control.StageBundleFactory;

/**
 * Makes of Beam's runner inside Spark's processes what is needed: its servers listen on the
 * loopback interface, and functions may stop in the middle of their element.
 *
 * <pre>
 * java -javaagent:spark.jar …
 * </pre>
 */
public final class SparkAgent {
  private SparkAgent() {}

  /**
   * Is called before the main class runs.
   *
   * @throws IllegalStateException if a server listens on other interfaces all the same
   */
  public static void premain(String arguments, Instrumentation instrumentation) throws IOException {
    LoopbackAgent.premain(arguments, instrumentation);
    Advised.method(
        instrumentation,
        ".runners.fnexecution.control.DefaultExecutableStageContext",
        "getStageBundleFactory",
        Resume.class);
  }

  /** Stands at the end of the method that says how a stage is run. */
  private static final class Resume {
    private Resume() {}

    @Advice.OnMethodExit
    @SuppressWarnings("UnusedVariable") // it is what the method returns
    static void exit(@Advice.Return(readOnly = false) StageBundleFactory bundles) {
      bundles = new ResumingBundles(bundles);
    }
  }
}
