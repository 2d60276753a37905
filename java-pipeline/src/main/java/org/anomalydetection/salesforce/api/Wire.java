package org.anomalydetection.salesforce.api;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;

/** Sends one request over HTTP. It follows no redirect, so that no other host sees a secret. */
final class Wire {
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(Duration.ofSeconds(20))
          .build();

  private Wire() {}

  /**
   * Sends a request and returns the answer, when all of it is there.
   *
   * @param limit how long that may take; the limit of a request itself ends with the headers
   * @param mostBytes how large the answer may be, packed and unpacked
   * @throws LimitedBody.Exceeded if it is larger
   * @throws IOException if it takes longer, or what comes is cut or broken
   */
  static Answer send(HttpRequest.Builder request, Duration limit, int mostBytes)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        HTTP.sendAsync(
            request.setHeader("Accept-Encoding", "gzip").build(),
            head -> new LimitedBody(mostBytes));
    try {
      HttpResponse<byte[]> response = answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(response.statusCode(), response.headers(), unpacked(response, mostBytes));
    } catch (TimeoutException e) {
      throw new IOException("no whole answer within " + limit.toMillis() / 1000.0 + " s", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } finally {
      answer.cancel(true);
    }
  }

  /** Returns what went wrong, in words: some exceptions of connections have no message. */
  static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  private static byte[] unpacked(HttpResponse<byte[]> response, int mostBytes) throws IOException {
    byte[] body = response.body();
    String encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
    if (body.length == 0 || encoding.equalsIgnoreCase("identity")) {
      return body;
    }
    if (!encoding.equalsIgnoreCase("gzip")) {
      throw new IOException("expected gzip, found the encoding " + encoding);
    }
    try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(body))) {
      byte[] whole = unpacked.readNBytes(mostBytes);
      if (unpacked.read() >= 0) {
        throw new LimitedBody.Exceeded(mostBytes);
      }
      return whole;
    }
  }
}
