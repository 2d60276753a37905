package org.anomalydetection.spark;

import java.util.List;
import java.util.UUID;
import org.apache.beam.model.pipeline.v1.RunnerApi.Pipeline;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.runners.jobsubmission.JobInvocation;
import org.apache.beam.runners.jobsubmission.JobInvoker;
import org.apache.beam.runners.spark.SparkPipelineOptions;
import org.apache.beam.runners.spark.SparkPipelineRunner;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.apache.beam.sdk.util.construction.PipelineOptionsTranslation;
import org.apache.beam.vendor.grpc.v1p60p1.com.google.protobuf.Struct;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ListeningExecutorService;

/** Hands jobs to Spark, whose executors have Beam's classes on their class path. */
final class Invoker extends JobInvoker {
  /**
   * What does not fit into memory goes to the disk: worked out again, it would be counted twice.
   */
  private static final String STORAGE = "MEMORY_AND_DISK";

  /** Workers stay for the next task of their job: without, each task would start its own. */
  private static final int WORKERS_STAY_MILLIS = 60_000;

  private final String master;

  Invoker(String master) {
    super("spark-%d");
    this.master = master;
  }

  @Override
  protected JobInvocation invokeWithExecutor(
      Pipeline pipeline, Struct given, String retrievalToken, ListeningExecutorService executor) {
    SparkPipelineOptions options =
        PipelineOptionsTranslation.fromProto(given).as(SparkPipelineOptions.class);
    options.setRunner(null); // it is the client's, and unknown here
    options.setSparkMaster(master);
    options.setStorageLevel(STORAGE);
    options.as(PortablePipelineOptions.class).setEnvironmentCacheMillis(WORKERS_STAY_MILLIS);
    // One small file: with none, Beam would send its whole class path.
    options.setFilesToStage(List.of(ownJar()));
    JobInfo job =
        JobInfo.create(
            options.getJobName() + "_" + UUID.randomUUID(),
            options.getJobName(),
            retrievalToken,
            PipelineOptionsTranslation.toProto(options));
    return new SparkJob(job, executor, pipeline, new OneJob(new SparkPipelineRunner(options)));
  }

  private static String ownJar() {
    return Invoker.class.getProtectionDomain().getCodeSource().getLocation().getPath();
  }
}
