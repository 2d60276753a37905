package org.anomalydetection.writeback;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import java.util.List;
import java.util.Map;
import org.anomalydetection.ScoredRows;
import org.anomalydetection.salesforce.api.ApiListener;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Credentials;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a job whose writer is told to end. */
class UpdateJobsTest {
  private static final String ID = "006000000000001AAA";

  private volatile String state = "Open";

  @Test
  void shouldAbortTheJobThatItWaitsForWhenItIsInterrupted(@TempDir Path folder) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, server.getAddress().getPort()));
    server.start();
    Path login = folder.resolve("login.json");
    Files.writeString(login, "{\"client_id\": \"a\", \"client_secret\": \"b\"}");
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    try (SalesforceClient client =
        SalesforceClient.open(
            Connection.to(url, Credentials.ofFile(login.toString())), ApiListener.NONE)) {
      UpdateJobs updates =
          new UpdateJobs(
              client.ingest(),
              "Opportunity",
              List.of(),
              Duration.ofMinutes(1),
              /* following= */ false);
      Change change = new Change(ScoredRows.of(ID, 0.5, null), Map.of(), Map.of());
      Thread writer = Thread.currentThread();
      Thread interrupt = new Thread(() -> interruptOnceItRuns(writer));
      interrupt.start();
      assertThrows(
          InterruptedException.class, () -> updates.write(Map.of(RecordId.key(ID), change)));
      interrupt.join();
      assertEquals("Aborted", state);
    } finally {
      server.stop(0);
    }
  }

  private void interruptOnceItRuns(Thread writer) {
    try {
      while (!state.equals("InProgress")) {
        Thread.sleep(5);
      }
      // It has the answer by now, and waits before it asks again.
      Thread.sleep(100);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    writer.interrupt();
  }

  private void answer(HttpExchange exchange, int port) throws IOException {
    try (exchange) {
      String request = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      if (request.contains("UploadComplete")) {
        state = "InProgress";
      } else if (request.contains("Aborted")) {
        state = "Aborted";
      }
      String body =
          exchange.getRequestURI().getPath().endsWith("token")
              ? String.format(
                  "{\"access_token\": \"t\", \"instance_url\": \"http://127.0.0.1:%d\"}", port)
              : String.format("{\"id\": \"750A\", \"state\": \"%s\"}", state);
      exchange.sendResponseHeaders(200, body.length());
      exchange.getResponseBody().write(body.getBytes(UTF_8));
    }
  }
}
