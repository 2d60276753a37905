package org.anomalydetection.flink;

import org.apache.beam.model.jobmanagement.v1.JobApi.MetricResults;
import org.apache.beam.model.pipeline.v1.RunnerApi.Pipeline;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.runners.jobsubmission.JobInvocation;
import org.apache.beam.runners.jobsubmission.PortablePipelineRunner;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ListeningExecutorService;

/**
 * A job whose metrics can be read while it runs, and which ends on the cluster when it is
 * cancelled: Beam's own does neither.
 */
final class FlinkJob extends JobInvocation {
  private final String name;
  private final FlinkClient flink;

  FlinkJob(
      JobInfo job,
      ListeningExecutorService executor,
      Pipeline pipeline,
      PortablePipelineRunner runner,
      FlinkClient flink) {
    super(job, executor, pipeline, runner);
    this.name = job.jobName();
    this.flink = flink;
  }

  @Override
  public MetricResults getMetrics() {
    return isTerminated(getState()) ? super.getMetrics() : flink.metrics(name);
  }

  @Override
  public synchronized void cancel() {
    super.cancel();
    flink.cancel(name);
  }
}
