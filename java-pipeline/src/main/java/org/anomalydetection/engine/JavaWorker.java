package org.anomalydetection.engine;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.beam.fn.harness.ExternalWorkerService;
import org.apache.beam.sdk.fn.server.GrpcFnServer;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.apache.beam.sdk.options.SdkHarnessOptions;
import org.apache.beam.sdk.util.construction.Environments;

/**
 * Runs the Java side of a pipeline in this process. Beam's own LOOPBACK environment starts when the
 * pipeline runs, too late for a pipeline with external transforms: these need the environment while
 * they are built.
 */
final class JavaWorker implements AutoCloseable {
  /** Held on to, since its level is lost with it. */
  private static final Logger GRPC = Logger.getLogger("org.apache.beam.vendor");

  static {
    // Beam's worker leaves a channel open, which gRPC calls severe although the run is over.
    GRPC.setLevel(Level.OFF);
  }

  private final GrpcFnServer<ExternalWorkerService> server;

  private JavaWorker(GrpcFnServer<ExternalWorkerService> server) {
    this.server = server;
  }

  /** Starts a worker and names it in the options as the environment of the pipeline. */
  static JavaWorker start(PipelineOptions options) {
    try {
      GrpcFnServer<ExternalWorkerService> server = new ExternalWorkerService(options).start();
      // Its log is this process's, and nothing of the class path needs to be sent to it.
      options.as(SdkHarnessOptions.class).setEnableLogViaFnApi(false);
      PortablePipelineOptions portable = options.as(PortablePipelineOptions.class);
      portable.setDefaultEnvironmentType(Environments.ENVIRONMENT_EXTERNAL);
      portable.setDefaultEnvironmentConfig(server.getApiServiceDescriptor().getUrl());
      portable.setFilesToStage(List.of());
      return new JavaWorker(server);
    } catch (Exception e) {
      throw new EngineException("the Java worker cannot be started: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (Exception e) {
      throw new EngineException("the Java worker cannot be ended: " + e.getMessage(), e);
    }
  }
}
