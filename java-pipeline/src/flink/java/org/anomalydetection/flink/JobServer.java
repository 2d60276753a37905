package org.anomalydetection.flink;

import java.io.IOException;
import org.anomalydetection.cluster.JobService;
import org.apache.beam.runners.flink.FlinkJobServerDriver;
import org.apache.beam.runners.flink.FlinkJobServerDriver.FlinkServerConfiguration;

/**
 * Takes jobs of Beam and has Flink run them. Beam's own server copies its whole class path to the
 * cluster for every job; this one does not.
 *
 * <pre>
 * java -javaagent:flink.jar org.anomalydetection.flink.JobServer --job-host=127.0.0.1 --job-port=8099 --artifact-port=0 \
 *   --artifacts-dir=FOLDER --flink-master=127.0.0.1:8081 --flink-conf-dir=FOLDER
 * </pre>
 */
public final class JobServer {
  private JobServer() {}

  /** Serves until the process is ended; the arguments are those of Beam's own server. */
  public static void main(String[] args) throws IOException, InterruptedException {
    FlinkServerConfiguration configuration = FlinkJobServerDriver.parseArgs(args);
    JobService.serve(configuration, new Invoker(configuration));
  }
}
