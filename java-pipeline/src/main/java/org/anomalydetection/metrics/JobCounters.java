package org.anomalydetection.metrics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.beam.model.jobmanagement.v1.JobApi.GetJobMetricsRequest;
import org.apache.beam.model.jobmanagement.v1.JobApi.GetJobsRequest;
import org.apache.beam.model.jobmanagement.v1.JobApi.JobInfo;
import org.apache.beam.model.jobmanagement.v1.JobServiceGrpc;
import org.apache.beam.model.pipeline.v1.Endpoints.ApiServiceDescriptor;
import org.apache.beam.runners.portability.PortableMetrics;
import org.apache.beam.sdk.fn.channel.ManagedChannelFactory;
import org.apache.beam.sdk.metrics.GaugeResult;
import org.apache.beam.sdk.metrics.MetricKey;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricQueryResults;
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

  /** Asks nobody: there are no counters. */
  public static JobCounters none() {
    return of("localhost:0", "");
  }

  /** Returns a namespace's counters by their names, none if the service does not report any. */
  public Map<String, Long> read(String namespace) {
    // Each counter of each step comes twice: of the bundles that are done, and of those that run.
    Map<MetricKey, Long> steps = new HashMap<>();
    for (MetricResult<Long> counter : query(namespace, MetricQueryResults::getCounters)) {
      steps.merge(counter.getKey(), counter.getAttempted(), Math::max);
    }
    Map<String, Long> counters = new TreeMap<>();
    steps.forEach((key, count) -> counters.merge(key.metricName().getName(), count, Long::sum));
    return counters;
  }

  /** Returns the last value of a gauge, nothing if the service does not report it. */
  public Optional<Long> last(String namespace, String name) {
    GaugeResult last = GaugeResult.empty();
    for (MetricResult<GaugeResult> gauge : query(namespace, MetricQueryResults::getGauges)) {
      if (gauge.getName().getName().equals(name)
          && gauge.getAttempted().getTimestamp().isAfter(last.getTimestamp())) {
        last = gauge.getAttempted();
      }
    }
    return last.equals(GaugeResult.empty()) ? Optional.empty() : Optional.of(last.getValue());
  }

  private <T> Iterable<MetricResult<T>> query(
      String namespace, Function<MetricQueryResults, Iterable<MetricResult<T>>> kind) {
    if (jobName.isEmpty()) {
      return List.of();
    }
    MetricsFilter filter =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.inNamespace(namespace)).build();
    try {
      var metrics =
          jobs.withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
              .getJobMetrics(GetJobMetricsRequest.newBuilder().setJobId(jobId()).build())
              .getMetrics();
      return kind.apply(PortableMetrics.of(metrics).queryMetrics(filter));
    } catch (RuntimeException e) {
      // Progress is a service to who watches: without it, as before a cluster has the job, the run
      // goes on.
      LOG.debug("the job service reports no metrics", e);
      return List.of();
    }
  }

  /** Tells whether the job service answers. */
  public boolean isAnswered() {
    try {
      return jobs.withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
          .getJobs(GetJobsRequest.getDefaultInstance())
          .isInitialized();
    } catch (RuntimeException e) {
      return false;
    }
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
