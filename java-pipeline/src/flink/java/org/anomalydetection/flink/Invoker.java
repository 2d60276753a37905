package org.anomalydetection.flink;

import java.util.List;
import org.apache.beam.model.pipeline.v1.RunnerApi.Pipeline;
import org.apache.beam.runners.flink.FlinkJobInvoker;
import org.apache.beam.runners.flink.FlinkJobServerDriver.FlinkServerConfiguration;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkPipelineRunner;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.runners.jobsubmission.JobInvocation;
import org.apache.beam.runners.jobsubmission.PortablePipelineRunner;
import org.apache.beam.sdk.util.construction.PipelineOptionsTranslation;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ListeningExecutorService;

/** Hands jobs to Flink as they are, without a file. */
final class Invoker extends FlinkJobInvoker {
  Invoker(FlinkServerConfiguration configuration) {
    super(configuration);
  }

  @Override
  protected JobInvocation createJobInvocation(
      String id,
      String retrievalToken,
      ListeningExecutorService executor,
      Pipeline pipeline,
      FlinkPipelineOptions options,
      PortablePipelineRunner stagingRunner) {
    JobInfo job =
        JobInfo.create(
            id, options.getJobName(), retrievalToken, PipelineOptionsTranslation.toProto(options));
    FlinkPipelineRunner runner =
        new FlinkPipelineRunner(options, options.getFlinkConfDir(), List.of());
    return new FlinkJob(job, executor, pipeline, runner, FlinkClient.of(options.getFlinkMaster()));
  }
}
