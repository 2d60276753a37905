package org.anomalydetection.flink;

import java.io.IOException;
import org.apache.beam.model.pipeline.v1.Endpoints.ApiServiceDescriptor;
import org.apache.beam.runners.flink.FlinkJobServerDriver;
import org.apache.beam.runners.flink.FlinkJobServerDriver.FlinkServerConfiguration;
import org.apache.beam.runners.fnexecution.artifact.ArtifactStagingService;
import org.apache.beam.runners.jobsubmission.InMemoryJobService;
import org.apache.beam.sdk.fn.server.FnService;
import org.apache.beam.sdk.fn.server.GrpcFnServer;
import org.apache.beam.sdk.fn.server.ServerFactory;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * Takes jobs of Beam and has Flink run them. Beam's own server copies its whole class path to the
 * cluster for every job and has an expansion service, in which callers run code; this one does
 * neither.
 *
 * <pre>
 * java -javaagent:flink.jar org.anomalydetection.flink.JobServer --job-host=127.0.0.1 --job-port=8099 --artifact-port=0 \
 *   --artifacts-dir=FOLDER --flink-master=127.0.0.1:8081 --flink-conf-dir=FOLDER
 * </pre>
 */
public final class JobServer {
  private JobServer() {}

  /**
   * Serves until the process is ended; the arguments are those of Beam's own server.
   *
   * @throws IllegalStateException without the agent, as Beam's servers listen on all addresses then
   */
  public static void main(String[] args) throws Exception {
    if (!LoopbackAgent.isInstalled()) {
      throw new IllegalStateException(
          "expected -javaagent:flink.jar, without which everybody could hand in jobs; found none");
    }
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    FlinkServerConfiguration configuration = FlinkJobServerDriver.parseArgs(args);
    ArtifactStagingService artifacts =
        new ArtifactStagingService(
            ArtifactStagingService.beamFilesystemArtifactDestinationProvider(
                configuration.getArtifactStagingPath()));
    GrpcFnServer<ArtifactStagingService> artifactServer =
        listen(artifacts, configuration.getHost(), configuration.getArtifactPort());
    InMemoryJobService jobs =
        InMemoryJobService.create(
            artifactServer,
            session -> session,
            artifacts::removeStagedArtifacts,
            new Invoker(configuration),
            configuration.getMaxInvocationHistory());
    GrpcFnServer<InMemoryJobService> server =
        listen(jobs, configuration.getHost(), configuration.getPort());
    System.out.println("ready " + server.getApiServiceDescriptor().getUrl());
    server.getServer().awaitTermination();
  }

  /** Listens on one address; port 0 takes any free one of the loopback interface. */
  private static <T extends FnService> GrpcFnServer<T> listen(T service, String host, int port)
      throws IOException {
    ServerFactory factory = ServerFactory.createDefault();
    return port == 0
        ? GrpcFnServer.allocatePortAndCreateFor(service, factory)
        : GrpcFnServer.create(
            service, ApiServiceDescriptor.newBuilder().setUrl(host + ":" + port).build(), factory);
  }
}
