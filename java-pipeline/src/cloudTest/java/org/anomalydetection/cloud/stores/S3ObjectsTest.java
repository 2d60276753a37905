package org.anomalydetection.cloud.stores;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.beam.sdk.io.aws2.options.S3Options;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;

/** What is made of the answers of stores that speak as S3 does, and know less. */
class S3ObjectsTest {
  private static final String PATH = "s3://bucket/.run.lock";

  private final List<String> deletes = new CopyOnWriteArrayList<>();
  private volatile int status = 412;
  private HttpServer server;
  private S3Objects store;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    S3Options options = PipelineOptionsFactory.as(S3Options.class);
    options.setEndpoint(URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
    options.setAwsRegion(Region.US_EAST_1);
    options.setAwsCredentialsProvider(
        StaticCredentialsProvider.create(AwsBasicCredentials.create("key", "secret")));
    store = new S3Objects(options);
  }

  /** Has one object, deletes under no condition, and says of writes no more than a number. */
  private void answer(HttpExchange exchange) throws IOException {
    String condition = exchange.getRequestHeaders().getFirst("If-Match");
    exchange.getRequestBody().readAllBytes();
    switch (exchange.getRequestMethod()) {
      case "GET" -> {
        byte[] content = "content".getBytes(UTF_8);
        exchange.getResponseHeaders().set("ETag", "\"first\"");
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content);
      }
      case "DELETE" -> {
        deletes.add(String.valueOf(condition));
        exchange.sendResponseHeaders(condition == null ? 204 : 501, -1);
      }
      default -> exchange.sendResponseHeaders(status, -1);
    }
    exchange.close();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void shouldDeleteWhatIsAsItWasSeenInAStoreThatCannotBeToldTo() throws IOException {
    store.delete(PATH, "\"another\"");
    assertEquals(List.of(), deletes);
    store.delete(PATH, "\"first\"");
    assertEquals("\"first\"", deletes.get(0));
    assertEquals("null", deletes.get(deletes.size() - 1));
  }

  @Test
  void shouldUnderstandARefusalWithoutWords() throws IOException {
    assertEquals(Optional.empty(), store.write(PATH, "", Optional.empty()));
    status = 409;
    assertEquals(Optional.empty(), store.write(PATH, "", Optional.of("\"first\"")));
    status = 501;
    assertThrows(
        UnsupportedOperationException.class, () -> store.write(PATH, "", Optional.of("\"first\"")));
  }
}
