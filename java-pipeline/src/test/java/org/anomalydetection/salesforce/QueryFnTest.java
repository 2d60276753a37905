package org.anomalydetection.salesforce;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Credentials;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the bulk queries of a bundle. */
class QueryFnTest {
  private static final Instant TIME = Instant.parse("2024-01-31T00:00:00Z");

  /** The states of the jobs that the server has. */
  private final Map<String, String> jobs = new ConcurrentHashMap<>();

  private final List<QueryResults> results = new ArrayList<>();
  private HttpServer server;
  private QueryFn queries;
  private int created;
  private int failing = -1;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    Path login = folder.resolve("login.json");
    Files.writeString(login, "{\"client_id\": \"a\", \"client_secret\": \"b\"}");
    queries =
        new QueryFn(
            Connection.to(url, Credentials.ofFile(login.toString())),
            RowQuery.of("Opportunity", Opportunities.fields("Id"), "SystemModstamp", false),
            Duration.ZERO,
            Duration.ofMinutes(1));
    queries.setup();
    queries.startBundle();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    queries.teardown();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String[] path = exchange.getRequestURI().getPath().split("/", -1);
      String last = path[path.length - 1];
      String body =
          switch (exchange.getRequestMethod() + (last.startsWith("7") ? " job" : " " + last)) {
            case "POST token" ->
                String.format(
                    "{\"access_token\": \"t\", \"instance_url\": \"http://127.0.0.1:%d\"}",
                    server.getAddress().getPort());
            case "POST query" -> {
              String id = "75" + created;
              jobs.put(id, created++ == failing ? "Aborted" : "JobComplete");
              yield job(id, "UploadComplete");
            }
            case "GET job" -> job(last, jobs.get(last));
            case "PATCH job" -> job(last, "Aborted");
            case "DELETE job" -> {
              jobs.remove(last);
              yield "{}";
            }
            default -> throw new IOException("nobody should ask this");
          };
      byte[] bytes = body.getBytes(UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static String job(String id, String state) {
    return String.format("{\"id\": \"%s\", \"state\": \"%s\"}", id, state);
  }

  private void begin(int windows) throws Exception {
    for (int i = 0; i < windows; i++) {
      queries.process(new QueryWindow(TIME.plusSeconds(i), TIME.plusSeconds(i + 1)));
    }
  }

  @Test
  void shouldKeepThoseWhoseResultsAreToBeRead() throws Exception {
    begin(3);
    queries.finish(results::add);
    assertEquals(List.of("750", "751", "752"), results.stream().map(QueryResults::jobId).toList());
    queries.startBundle();
    failing = 3;
    begin(1);
    assertThrows(ReadException.class, () -> queries.finish(results::add));
    assertEquals(3, jobs.size(), "those of the bundle before are left alone");
  }

  @Test
  void shouldNotAskForWhatIsStillToCome() throws Exception {
    QueryWindow window = new QueryWindow(TIME, Instant.now().plus(Duration.ofHours(1)));
    ReadException e = assertThrows(ReadException.class, () -> queries.process(window));
    assertThat(e.getMessage(), containsString("to have passed"));
    assertEquals(0, created);
  }

  @Test
  void shouldDropThemWhenItIsInterrupted() throws Exception {
    begin(2);
    Thread.currentThread().interrupt();
    assertThrows(InterruptedException.class, () -> queries.finish(results::add));
    assertEquals(Map.of(), jobs);
  }

  @Test
  void shouldDropThoseBesideOneThatFails() throws Exception {
    failing = 1;
    begin(3);
    ReadException e = assertThrows(ReadException.class, () -> queries.finish(results::add));
    assertThat(e.getMessage(), containsString("found Aborted"));
    assertEquals(Map.of(), jobs);
  }
}
