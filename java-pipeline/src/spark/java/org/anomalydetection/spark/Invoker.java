package org.anomalydetection.spark;

import java.util.List;
import java.util.UUID;
import org.apache.beam.model.pipeline.v1.RunnerApi.Pipeline;
import org.apache.beam.runners.fnexecution.provisioning.JobInfo;
import org.apache.beam.runners.jobsubmission.JobInvocation;
import org.apache.beam.runners.jobsubmission.JobInvoker;
import org.apache.beam.runners.spark.SparkPipelineOptions;
import org.apache.beam.runners.spark.SparkPipelineRunner;
import org.apache.beam.sdk.util.construction.PipelineOptionsTranslation;
import org.apache.beam.vendor.grpc.v1p60p1.com.google.protobuf.Struct;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ListeningExecutorService;

/** Hands jobs to Spark, whose executors have Beam's classes on their class path. */
final class Invoker extends JobInvoker {
  /**
   * What does not fit into memory goes to the disk: worked out again, it would be counted twice.
   */
  private static final String STORAGE = "MEMORY_AND_DISK";

  private final Application application;

  Invoker(Application application) {
    super("spark-%d");
    this.application = application;
  }

  @Override
  protected JobInvocation invokeWithExecutor(
      Pipeline pipeline, Struct given, String retrievalToken, ListeningExecutorService executor) {
    SparkPipelineOptions options =
        PipelineOptionsTranslation.fromProto(given).as(SparkPipelineOptions.class);
    options.setRunner(null); // it is the client's, and unknown here
    options.setUsesProvidedSparkContext(true);
    options.setStorageLevel(STORAGE);
    // With none at all, Beam would look through its whole class path.
    options.setFilesToStage(List.of(ownJar()));
    JobInfo job =
        JobInfo.create(
            options.getJobName() + "_" + UUID.randomUUID(),
            options.getJobName(),
            retrievalToken,
            PipelineOptionsTranslation.toProto(options));
    return new SparkJob(
        job, executor, pipeline, new OneJob(application, new SparkPipelineRunner(options)));
  }

  private static String ownJar() {
    return Invoker.class.getProtectionDomain().getCodeSource().getLocation().getPath();
  }
}
