package org.anomalydetection.flink;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.beam.model.jobmanagement.v1.JobApi.MetricResults;
import org.apache.beam.runners.core.metrics.MetricsContainerStepMap;
import org.apache.beam.runners.flink.metrics.FlinkMetricContainer;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.net.HostAndPort;
import org.apache.flink.api.common.JobID;
import org.apache.flink.client.deployment.StandaloneClusterId;
import org.apache.flink.client.program.rest.RestClusterClient;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.runtime.client.JobStatusMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What Flink itself knows of a job of Beam. */
final class FlinkClient {
  private static final Logger LOG = LoggerFactory.getLogger(FlinkClient.class);
  private static final long LIMIT_SECONDS = 4;

  private final HostAndPort master;

  private FlinkClient(HostAndPort master) {
    this.master = master;
  }

  /** Asks the JobManager at the address of its REST interface, {@code host:port}. */
  static FlinkClient of(String master) {
    return new FlinkClient(HostAndPort.fromString(master));
  }

  /** Returns the metrics of a running job as far as bundles are done; none where it has none. */
  MetricResults metrics(String jobName) {
    MetricResults.Builder metrics = MetricResults.newBuilder();
    ask(
        jobName,
        (flink, job) -> {
          Object steps =
              answer(flink.getAccumulators(job, FlinkClient.class.getClassLoader()))
                  .get(FlinkMetricContainer.ACCUMULATOR_NAME);
          return metrics.addAllAttempted(
              steps instanceof MetricsContainerStepMap map
                  ? map.getMonitoringInfos()
                  : new RunningCounters(master.toString(), job.toString()).read());
        });
    return metrics.build();
  }

  /** Ends a job. */
  void cancel(String jobName) {
    ask(jobName, (flink, job) -> answer(flink.cancel(job)));
  }

  private void ask(String jobName, Question question) {
    Configuration where = new Configuration();
    where.set(JobManagerOptions.ADDRESS, master.getHost());
    where.set(RestOptions.ADDRESS, master.getHost());
    where.set(RestOptions.PORT, master.getPort());
    try (RestClusterClient<StandaloneClusterId> flink =
        new RestClusterClient<>(where, StandaloneClusterId.getInstance())) {
      Optional<JobID> job =
          answer(flink.listJobs()).stream()
              .filter(one -> one.getJobName().equals(jobName))
              .filter(one -> !one.getJobState().isTerminalState())
              .map(JobStatusMessage::getJobId)
              .findFirst();
      if (job.isPresent()) {
        question.ask(flink, job.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.warn("Flink at {} does not answer for job {}", master, jobName, e);
    }
  }

  private static <T> T answer(CompletableFuture<T> future)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private interface Question {
    Object ask(RestClusterClient<StandaloneClusterId> flink, JobID job) throws Exception;
  }
}
