package org.anomalydetection.salesforce.api;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;

/** Calls Salesforce within a session, again where that may help. */
final class Caller {
  /** What Salesforce takes of an address with its headers, in bytes. */
  private static final int MOST_BYTES = 16_384;

  private static final Pattern USAGE = Pattern.compile("api-usage=([0-9]{1,18})/([0-9]{1,18})");

  /** Reads an answer; throws {@link SalesforceException#broken} if it is not whole. */
  interface Reader<T> {
    T read(Answer answer) throws SalesforceException;
  }

  private final Connection connection;
  private final ApiListener listener;
  private final Retrying retrying;
  private final Sessions sessions;
  private final ServerClock clock = new ServerClock();

  Caller(
      Connection connection,
      Map<String, String> environment,
      Retrying retrying,
      ApiListener listener) {
    this.connection = connection;
    this.listener = listener;
    this.retrying = retrying;
    this.sessions = new Sessions(connection, environment, listener, clock);
  }

  /** Returns the path of a resource of the interface. */
  String target(String resource) {
    return "/services/data/v" + connection.apiVersion() + resource;
  }

  /**
   * Returns the time by Salesforce's clock; by that of this machine if Salesforce does not tell.
   */
  Instant now() throws SalesforceException, InterruptedException {
    if (clock.now().isEmpty()) {
      retrying.call(() -> sessions.other(null));
    }
    return clock.now().orElseGet(Instant::now);
  }

  /** Forgets the session. */
  void close() {
    sessions.forget();
  }

  /** Calls until there is an answer that can be read. */
  <T> T call(Call call, Reader<T> reader) throws SalesforceException, InterruptedException {
    return retrying.call(() -> once(call, reader));
  }

  /** Calls once, or twice if the session is over. */
  <T> T once(Call call, Reader<T> reader) throws SalesforceException, InterruptedException {
    Session session = sessions.other(null);
    Answer answer = send(call, session);
    if (answer.status() == 401) {
      session = sessions.other(session);
      answer = send(call, session);
    }
    if (!answer.isGood()) {
      throw Refusal.of(call, answer, Kind.CONFIGURATION, List.of(session.token()));
    }
    try {
      return reader.read(answer);
    } catch (SalesforceException e) {
      throw e.in(call);
    }
  }

  private Answer send(Call call, Session session) throws SalesforceException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(session.instance() + call.target()))
            .method(
                call.method(),
                call.body().length == 0
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(call.body()));
    call.headers().forEach(request::header);
    request.header("Authorization", "Bearer " + session.token());
    checkSize(call, session);
    Answer answer;
    try {
      answer = Wire.send(request, connection.timeout(), connection.answerLimit());
      clock.read(answer);
    } catch (LimitedBody.Exceeded e) {
      throw SalesforceException.tooLarge(
          call
              + ": "
              + e.getMessage()
              + "; where less at a time does not help, ask for fewer fields");
    } catch (IOException e) {
      throw SalesforceException.broken(
          String.format("%s at %s: %s", call, session.instance(), Wire.reason(e)), e);
    }
    listener.onCall();
    Matcher found = USAGE.matcher(answer.header("Sforce-Limit-Info"));
    if (found.find()) {
      listener.onUsage(
          new ApiUsage(Long.parseLong(found.group(1)), Long.parseLong(found.group(2))));
    }
    return answer;
  }

  private static void checkSize(Call call, Session session) throws SalesforceException {
    // The token's header, and those that every request has.
    int bytes = call.target().length() + session.token().length() + 300;
    for (Map.Entry<String, String> header : call.headers().entrySet()) {
      bytes += header.getKey().length() + header.getValue().getBytes(StandardCharsets.UTF_8).length;
    }
    if (bytes > MOST_BYTES) {
      throw SalesforceException.configuration(
          String.format(
              "%s: expected at most %,d bytes of address and headers, found about %,d; ask for"
                  + " fewer fields, or by a bulk query",
              call, MOST_BYTES, bytes));
    }
  }
}
