package org.anomalydetection.spark;

import java.util.concurrent.locks.ReentrantLock;
import org.apache.beam.model.jobmanagement.v1.JobApi.MetricResults;
import org.apache.beam.model.pipeline.v1.RunnerApi.Pipeline;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.runners.jobsubmission.PortablePipelineResult;
import org.apache.beam.runners.jobsubmission.PortablePipelineRunner;
import org.apache.beam.runners.spark.metrics.MetricsAccumulator;

/**
 * Runs a job when no other runs. Beam keeps the metrics of a job in one place of the process, and
 * would add those of the next one to them.
 */
final class OneJob implements PortablePipelineRunner {
  private static final ReentrantLock TURN = new ReentrantLock(true);

  private final Application application;
  private final PortablePipelineRunner runner;
  private volatile boolean runs;
  private volatile MetricResults last = MetricResults.getDefaultInstance();

  OneJob(Application application, PortablePipelineRunner runner) {
    this.application = application;
    this.runner = runner;
  }

  @Override
  public PortablePipelineResult run(Pipeline pipeline, JobInfo job) throws Exception {
    TURN.lockInterruptibly();
    try {
      MetricsAccumulator.clear();
      application.begin();
      runs = true;
      PortablePipelineResult result = runner.run(pipeline, job);
      application.tidy();
      return new Finished(result.getState(), current());
    } catch (Exception e) {
      // It ends what the job left running, and takes executors along that are not sound.
      application.end();
      throw e;
    } finally {
      last = current();
      runs = false;
      TURN.unlock();
    }
  }

  /** Returns the job's metrics as far as tasks are done; none before it has its turn. */
  MetricResults metrics() {
    return runs ? current() : last;
  }

  private static MetricResults current() {
    try {
      return MetricResults.newBuilder()
          .addAllAttempted(MetricsAccumulator.getInstance().value().getMonitoringInfos())
          .build();
    } catch (IllegalStateException e) {
      return MetricResults.getDefaultInstance(); // it is being started
    }
  }
}
