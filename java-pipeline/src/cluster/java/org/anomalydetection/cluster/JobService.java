package org.anomalydetection.cluster;

import java.io.IOException;
import org.apache.beam.model.pipeline.v1.Endpoints.ApiServiceDescriptor;
import org.apache.beam.runners.fnexecution.artifact.ArtifactStagingService;
import org.apache.beam.runners.jobsubmission.InMemoryJobService;
import org.apache.beam.runners.jobsubmission.JobInvoker;
import org.apache.beam.runners.jobsubmission.JobServerDriver.ServerConfiguration;
import org.apache.beam.sdk.fn.server.FnService;
import org.apache.beam.sdk.fn.server.GrpcFnServer;
import org.apache.beam.sdk.fn.server.ServerFactory;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * Takes jobs of Beam. Beam's own server has an expansion service too, in which callers run code;
 * this one has none.
 */
public final class JobService {
  private JobService() {}

  /**
   * Serves until the process is ended.
   *
   * @param configuration Beam's options of such a server
   * @param invoker what runs the jobs
   * @throws IllegalStateException without the agent, as Beam's servers listen on all addresses then
   */
  public static void serve(ServerConfiguration configuration, JobInvoker invoker)
      throws IOException, InterruptedException {
    if (!ClusterAgent.isInstalled()) {
      throw new IllegalStateException(
          "expected -javaagent with the jar of this class, without which everybody could hand in"
              + " jobs; found none");
    }
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
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
            invoker,
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
