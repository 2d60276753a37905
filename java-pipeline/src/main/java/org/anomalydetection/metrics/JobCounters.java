package org.anomalydetection.metrics;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.beam.model.jobmanagement.v1.JobApi.GetJobMetricsRequest;
import org.apache.beam.model.jobmanagement.v1.JobApi.GetJobsRequest;
import org.apache.beam.model.jobmanagement.v1.JobApi.JobInfo;
import org.apache.beam.model.jobmanagement.v1.JobServiceGrpc;
import org.apache.beam.model.pipeline.v1.Endpoints.ApiServiceDescriptor;
import org.apache.beam.runners.portability.PortableMetrics;
import org.apache.beam.sdk.fn.channel.ManagedChannelFactory;
import org.apache.beam.sdk.metrics.MetricKey;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a job service for the counters of a running job, such as the {@link RowMetric}s. Beam's own
 * result has metrics only when the job is over.
 */
public final class JobCounters implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JobCounters.class);
  private static final long LIMIT_SECONDS = 5;

  private final String jobName;
  private final JobServiceGrpc.JobServiceBlockingStub jobs;
  private final Runnable disconnect;
  private String jobId = "";
  private boolean available = true;

  private JobCounters(
      String jobName, JobServiceGrpc.JobServiceBlockingStub jobs, Runnable disconnect) {
    this.jobName = jobName;
    this.jobs = jobs;
    this.disconnect = disconnect;
  }

  /** Asks the job service at an address for the job of a name, which no other job may have. */
  public static JobCounters of(String endpoint, String jobName) {
    var channel =
        ManagedChannelFactory.createDefault()
            .forDescriptor(ApiServiceDescriptor.newBuilder().setUrl(endpoint).build());
    return new JobCounters(jobName, JobServiceGrpc.newBlockingStub(channel), channel::shutdownNow);
  }

  /** Returns a namespace's counters by their names, none if the service does not report any. */
  public Map<String, Long> read(String namespace) {
    Map<String, Long> counters = new TreeMap<>();
    if (!available) {
      return counters;
    }
    MetricsFilter filter =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.inNamespace(namespace)).build();
    try {
      var metrics =
          jobs.withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
              .getJobMetrics(GetJobMetricsRequest.newBuilder().setJobId(jobId()).build())
              .getMetrics();
      // Each counter of each step comes twice: of the bundles that are done, and of those that run.
      Map<MetricKey, Long> steps = new HashMap<>();
      for (MetricResult<Long> counter :
          PortableMetrics.of(metrics).queryMetrics(filter).getCounters()) {
        steps.merge(counter.getKey(), counter.getAttempted(), Math::max);
      }
      steps.forEach((key, count) -> counters.merge(key.metricName().getName(), count, Long::sum));
    } catch (RuntimeException e) {
      // Progress is a service to who watches: without it the run goes on.
      available = false;
      LOG.debug("the job service reports no metrics", e);
    }
    return counters;
  }

  @Override
  public void close() {
    disconnect.run();
  }

  private String jobId() {
    if (jobId.isEmpty()) {
      jobId =
          jobs
              .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
              .getJobs(GetJobsRequest.getDefaultInstance())
              .getJobInfoList()
              .stream()
              .filter(job -> job.getJobName().equals(jobName))
              .map(JobInfo::getJobId)
              .findFirst()
              .orElseThrow();
    }
    return jobId;
  }
}
