package org.anomalydetection.spark;

import org.apache.beam.model.jobmanagement.v1.JobApi.MetricResults;
import org.apache.beam.model.pipeline.v1.RunnerApi.Pipeline;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.runners.jobsubmission.JobInvocation;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ListeningExecutorService;

/** A job whose metrics can be read while it runs, and stay its own: Beam's have neither. */
final class SparkJob extends JobInvocation {
  private final OneJob runner;

  SparkJob(JobInfo job, ListeningExecutorService executor, Pipeline pipeline, OneJob runner) {
    super(job, executor, pipeline, runner);
    this.runner = runner;
  }

  @Override
  public MetricResults getMetrics() {
    return runner.metrics();
  }
}
