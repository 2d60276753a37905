package org.anomalydetection.spark;

import java.io.IOException;
import org.anomalydetection.cluster.JobService;
import org.apache.beam.runners.jobsubmission.JobServerDriver.ServerConfiguration;
import org.kohsuke.args4j.CmdLineException;
import org.kohsuke.args4j.CmdLineParser;
import org.kohsuke.args4j.Option;

/**
 * Takes jobs of Beam and has Spark run them, one after the other: it is the driver of Spark, of
 * which a process can have one. Beam's own server copies its whole class path to the cluster for
 * every job; this one does not.
 *
 * <pre>
 * java -javaagent:spark.jar -Dspark.executor.extraClassPath=… org.anomalydetection.spark.JobServer --job-host=127.0.0.1 \
 *   --job-port=8099 --artifact-port=0 --artifacts-dir=FOLDER --spark-master-url=spark://127.0.0.1:7077
 * </pre>
 */
public final class JobServer {
  private JobServer() {}

  /** Serves until the process is ended; the arguments are those of Beam's own server. */
  public static void main(String[] args)
      throws CmdLineException, IOException, InterruptedException {
    Configuration configuration = new Configuration();
    new CmdLineParser(configuration).parseArgument(args);
    JobService.serve(configuration, new Invoker(new Application(configuration.master)));
  }

  private static final class Configuration extends ServerConfiguration {
    @Option(name = "--spark-master-url", required = true, usage = "The address of Spark's Master.")
    private String master = "";
  }
}
