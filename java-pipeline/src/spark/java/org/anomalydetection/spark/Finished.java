package org.anomalydetection.spark;

import org.apache.beam.model.jobmanagement.v1.JobApi;
import org.apache.beam.runners.jobsubmission.PortablePipelineResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.joda.time.Duration;

/** A job that is over, with metrics of its own: Beam's would be those of the job that runs next. */
record Finished(State state, JobApi.MetricResults portableMetrics)
    implements PortablePipelineResult {
  @Override
  public State getState() {
    return state;
  }

  @Override
  public State cancel() {
    return state;
  }

  @Override
  public State waitUntilFinish(Duration duration) {
    return state;
  }

  @Override
  public State waitUntilFinish() {
    return state;
  }

  @Override
  public MetricResults metrics() {
    throw new UnsupportedOperationException("its metrics are portable ones");
  }
}
