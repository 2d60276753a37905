package org.anomalydetection.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.beam.fn.harness.ExternalWorkerService;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.apache.beam.sdk.options.SdkHarnessOptions;
import org.apache.beam.sdk.util.construction.Environments;
import org.apache.beam.vendor.grpc.v1p69p0.io.grpc.Server;
import org.apache.beam.vendor.grpc.v1p69p0.io.grpc.netty.NettyServerBuilder;

/**
 * Runs the Java side of a pipeline in this process. Beam's own LOOPBACK environment starts when the
 * pipeline runs, too late for a pipeline with external transforms, which need the environment while
 * they are built; and its server listens on all interfaces, where whoever reaches it can have code
 * run. This one listens on the loopback interface.
 */
final class JavaWorker implements AutoCloseable {
  private static final long GRACE_SECONDS = 2;

  static {
    GrpcLog.quiet();
  }

  private final Server server;

  private JavaWorker(Server server) {
    this.server = server;
  }

  /** Starts a worker and names it in the options as the environment of the pipeline. */
  static JavaWorker start(PipelineOptions options) {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    // Its log is this process's, and nothing of the class path needs to be sent to it.
    options.as(SdkHarnessOptions.class).setEnableLogViaFnApi(false);
    PortablePipelineOptions portable = options.as(PortablePipelineOptions.class);
    portable.setFilesToStage(List.of());
    try {
      Server server =
          NettyServerBuilder.forAddress(new InetSocketAddress(loopback, 0))
              .addService(new ExternalWorkerService(options))
              .build()
              .start();
      portable.setDefaultEnvironmentType(Environments.ENVIRONMENT_EXTERNAL);
      portable.setDefaultEnvironmentConfig(loopback.getHostAddress() + ":" + server.getPort());
      return new JavaWorker(server);
    } catch (IOException e) {
      throw new EngineException("the Java worker cannot be started: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdown();
    if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
      server.shutdownNow();
    }
  }
}
