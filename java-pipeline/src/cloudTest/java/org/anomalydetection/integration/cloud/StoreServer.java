package org.anomalydetection.integration.cloud;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.anomalydetection.Project;
import org.anomalydetection.engine.Executables;
import org.apache.beam.sdk.extensions.gcp.auth.NoopCredentialFactory;
import org.apache.beam.sdk.extensions.gcp.options.GcpOptions;
import org.apache.beam.sdk.extensions.gcp.options.GcsOptions;
import org.apache.beam.sdk.io.aws2.options.AwsOptions;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;

/** An object store of this machine with one bucket, as the Python environment has them. */
final class StoreServer implements AutoCloseable {
  static final String KEY = "key";
  static final String SECRET = "secret";
  private static final String BUCKET = "bucket";
  private static final long LIMIT_MILLIS = 60_000;

  private final Process process;
  private final String scheme;
  private final int port;

  private StoreServer(Process process, String scheme, int port) {
    this.process = process;
    this.scheme = scheme;
    this.port = port;
  }

  /** Starts the store of a scheme: s3 or gs. */
  static StoreServer start(String scheme) throws Exception {
    int port;
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = probe.getLocalPort();
    }
    Path python = Path.of(Executables.python().orElseThrow()).resolveSibling("python");
    List<String> command = new ArrayList<>(List.of(python.toString()));
    command.addAll(
        scheme.equals("s3")
            ? List.of("-m", "moto.server", "-H", "127.0.0.1", "-p", "" + port)
            : List.of(
                Project.file("python-transform/tests/integration/gcs_emulator.py").toString(),
                "" + port,
                BUCKET));
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    StoreServer server = new StoreServer(process, scheme, port);
    server.await();
    if (scheme.equals("s3")) {
      HttpResponse<Void> made =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(server.address() + "/" + BUCKET))
                      .PUT(HttpRequest.BodyPublishers.noBody())
                      .build(),
                  HttpResponse.BodyHandlers.discarding());
      if (made.statusCode() != 200) {
        throw new IOException("expected the bucket to be made, found " + made);
      }
    }
    return server;
  }

  private void await() throws Exception {
    long limit = System.currentTimeMillis() + LIMIT_MILLIS;
    while (true) {
      try (Socket probe = new Socket()) {
        probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.currentTimeMillis() > limit) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }

  private String address() {
    return "http://127.0.0.1:" + port;
  }

  /** Returns the URI of the bucket. */
  String root() {
    return scheme + "://" + BUCKET;
  }

  /** Returns options by which Beam finds the store. */
  PipelineOptions options() {
    PipelineOptions options = PipelineOptionsFactory.create();
    if (scheme.equals("s3")) {
      AwsOptions aws = options.as(AwsOptions.class);
      aws.setEndpoint(URI.create(address()));
      aws.setAwsRegion(Region.US_EAST_1);
      aws.setAwsCredentialsProvider(
          StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY, SECRET)));
    } else {
      options.as(GcpOptions.class).setCredentialFactoryClass(NoopCredentialFactory.class);
      options.as(GcsOptions.class).setGcsEndpoint(address() + "/storage/v1/");
    }
    return options;
  }

  /** Returns arguments by which a run finds the store. */
  List<String> arguments() {
    return scheme.equals("s3")
        ? List.of("--endpoint=" + address(), "--awsRegion=" + Region.US_EAST_1)
        : List.of(
            "--gcsEndpoint=" + address() + "/storage/v1/",
            "--credentialFactoryClass=" + NoopCredentialFactory.class.getName());
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(LIMIT_MILLIS, TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
    }
  }
}
