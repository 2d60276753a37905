package org.anomalydetection.cloud.dataflow;

import java.util.List;
import java.util.function.Consumer;
import org.anomalydetection.engine.ManagedRunner;
import org.anomalydetection.pipeline.ScoringOptions;
import org.apache.beam.runners.dataflow.DataflowPipelineJob;
import org.apache.beam.runners.dataflow.DataflowRunner;
import org.apache.beam.runners.dataflow.options.DataflowPipelineOptions;
import org.apache.beam.runners.dataflow.util.MonitoringUtil;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.options.PipelineOptions;

/** Google's Dataflow. */
public final class Dataflow implements ManagedRunner {
  @Override
  public String name() {
    return DataflowRunner.class.getSimpleName();
  }

  @Override
  public List<String> problems(PipelineOptions options) {
    return new DataflowCheck(options.as(ScoringOptions.class)).problems();
  }

  @Override
  public boolean isTemplate(PipelineOptions options) {
    return options.as(DataflowPipelineOptions.class).getTemplateLocation() != null;
  }

  @Override
  public String page(PipelineResult job) {
    DataflowPipelineJob submitted = (DataflowPipelineJob) job;
    return MonitoringUtil.getJobMonitoringPageURL(
        submitted.getProjectId(), submitted.getRegion(), submitted.getJobId());
  }

  @Override
  public String graph(PipelineOptions options, Consumer<Pipeline> build) {
    return new DryRun(options.as(DataflowPipelineOptions.class)).graph(build);
  }
}
