package org.anomalydetection.salesforce.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;

/** A server that gives the answers of a script, one by one, and keeps what it was asked. */
final class ScriptedServer implements AutoCloseable {
  static final String TOKEN = "00D!the.token.of.a.session";

  /** What was asked. */
  record Asked(String method, String target, Map<String, String> headers, String body) {}

  /** What is answered; a body shorter than the length is a cut one, a status of 0 hangs up. */
  @SuppressWarnings("ArrayRecordComponent") // it is never compared
  record Reply(int status, Map<String, String> headers, byte[] body, long length, boolean stalls) {
    Reply with(String name, String value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(name, value);
      return new Reply(status, more, body, length, stalls);
    }

    Reply cutTo(int bytes) {
      return new Reply(status, headers, Arrays.copyOf(body, bytes), length, stalls);
    }

    /** Begins, and does not end. */
    Reply stalled() {
      return new Reply(status, headers, Arrays.copyOf(body, 1), length, true);
    }

    Reply gzip() {
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
        out.write(body);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new Reply(status, headers, packed.toByteArray(), packed.size(), stalls)
          .with("Content-Encoding", "gzip");
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Queue<Reply> script = new ArrayDeque<>();
  private final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());

  ScriptedServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  static Reply json(int status, String body) {
    return text(status, "application/json;charset=UTF-8", body);
  }

  static Reply csv(String body) {
    return text(200, "text/csv", body);
  }

  static Reply text(int status, String type, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return new Reply(status, Map.of("Content-Type", type), bytes, bytes.length, false);
  }

  static Reply error(int status, String code, String message) {
    return json(
        status, String.format("[{\"errorCode\":\"%s\",\"message\":\"%s\"}]", code, message));
  }

  static Reply hangUp() {
    return new Reply(0, Map.of(), new byte[0], 0, false);
  }

  /** A login that is taken. */
  Reply session() {
    return session(url().toString());
  }

  static Reply session(String instance) {
    return json(
        200,
        String.format(
            "{\"access_token\":\"%s\",\"instance_url\":\"%s\",\"token_type\":\"Bearer\"}",
            TOKEN, instance));
  }

  /** Adds to what will be answered. */
  ScriptedServer then(Reply... replies) {
    synchronized (script) {
      script.addAll(List.of(replies));
    }
    return this;
  }

  List<Asked> asked() {
    return List.copyOf(asked);
  }

  Asked last() {
    return asked.get(asked.size() - 1);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> headers = new LinkedHashMap<>();
      exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
      asked.add(
          new Asked(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              headers,
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      Reply reply;
      synchronized (script) {
        reply = script.poll();
      }
      if (reply == null) {
        reply = error(400, "NOT_IN_THE_SCRIPT", "nothing is left");
      }
      if (reply.status() == 0) {
        return;
      }
      reply.headers().forEach(exchange.getResponseHeaders()::set);
      exchange.sendResponseHeaders(reply.status(), reply.length() == 0 ? -1 : reply.length());
      exchange.getResponseBody().write(reply.body());
      if (reply.stalls()) {
        exchange.getResponseBody().flush();
        closed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
