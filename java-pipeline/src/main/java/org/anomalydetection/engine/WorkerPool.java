package org.anomalydetection.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;
import org.apache.beam.fn.harness.ExternalWorkerService;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.StartWorkerRequest;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.StartWorkerResponse;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.SdkHarnessOptions;
import org.apache.beam.vendor.grpc.v1p69p0.io.grpc.Server;
import org.apache.beam.vendor.grpc.v1p69p0.io.grpc.netty.NettyServerBuilder;
import org.apache.beam.vendor.grpc.v1p69p0.io.grpc.stub.StreamObserver;

/**
 * Runs the Java side of pipelines on a cluster: a process beside each of its machines' runners,
 * with the pipeline's classes on its class path. It listens on the loopback interface, since
 * whoever reaches it can have code run.
 *
 * <pre>
 * java -cp 'lib/*' org.anomalydetection.engine.WorkerPool --port=50001
 * </pre>
 *
 * <p>Other options are Beam's, such as those of file systems; every worker gets them.
 */
public final class WorkerPool {
  private WorkerPool() {}

  /** Starts workers until the process is ended. */
  public static void main(String[] args) throws InterruptedException {
    GrpcLog.quiet();
    PipelineOptionsFactory.register(Options.class);
    int port = PipelineOptionsFactory.fromArgs(args).as(Options.class).getPort();
    InetAddress loopback = InetAddress.getLoopbackAddress();
    Server server;
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(loopback, port))
              .addService(new FreshWorkers(args))
              .build()
              .start();
    } catch (IOException e) {
      System.err.printf(Locale.ROOT, "error: cannot listen on port %d: %s%n", port, e.getMessage());
      System.exit(1);
      return;
    }
    System.out.printf(Locale.ROOT, "ready %s:%d%n", loopback.getHostAddress(), server.getPort());
    server.awaitTermination();
  }

  private static Options options(String... args) {
    Options options = PipelineOptionsFactory.fromArgs(args).as(Options.class);
    // The log is this process's.
    options.as(SdkHarnessOptions.class).setEnableLogViaFnApi(false);
    return options;
  }

  /**
   * Starts each worker with options of its own: what a worker ends with its job, such as the
   * threads in them, would be missing in the next one.
   */
  private static final class FreshWorkers extends ExternalWorkerService {
    private final String[] args;

    FreshWorkers(String[] args) {
      super(options(args));
      this.args = args.clone();
    }

    @Override
    public void startWorker(
        StartWorkerRequest request, StreamObserver<StartWorkerResponse> response) {
      new ExternalWorkerService(options(args)).startWorker(request, response);
    }
  }

  /** What can be told to a pool. */
  public interface Options extends PipelineOptions {
    /** Returns the port to listen on, 0 for any free one. */
    @Description("The port of the loopback interface to listen on; 0 takes any free one.")
    @Default.Integer(50001)
    int getPort();

    /** Sets the port to listen on. */
    void setPort(int port);
  }
}
