package org.anomalydetection.spark;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import net.bytebuddy.asm.Advice;
import org.anomalydetection.cluster.Advised;
import org.anomalydetection.cluster.ClusterAgent;
import org.apache.beam.runners.fnexecution.control.ExecutableStageContext;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;

/**
 * Makes of Beam's runner inside Spark's processes what is needed, beside what any cluster's agent
 * does: functions may stop in the middle of their element, and a task that is tried again gets
 * workers that live.
 *
 * <pre>
 * java -javaagent:spark.jar …
 * </pre>
 */
public final class SparkAgent {
  private SparkAgent() {}

  /** Is called before the main class runs; the process ends if the agent does not take effect. */
  public static void premain(String arguments, Instrumentation instrumentation) throws IOException {
    ClusterAgent.premain(arguments, instrumentation);
    Advised.type("org.apache.beam.runners.spark.translation.SparkExecutableStageContextFactory")
        .method("get", Workers.class)
        .install(instrumentation);
  }

  /** Stands in place of the method that gives a task the workers of its job. */
  private static final class Workers {
    private Workers() {}

    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static ExecutableStageContext enter(@Advice.Argument(0) JobInfo job) {
      return JobWorkers.of(job);
    }

    @Advice.OnMethodExit
    @SuppressWarnings("UnusedVariable") // it is what the method returns
    static void exit(
        @Advice.Enter ExecutableStageContext workers,
        @Advice.Return(readOnly = false) ExecutableStageContext given) {
      given = workers;
    }
  }
}
