package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Logs in, when that is needed; threads share a session. Whoever asks for one tries again. */
final class Sessions {
  private static final String TARGET = "/services/oauth2/token";
  private static final String CALL = "the login";

  private final Connection connection;
  private final Map<String, String> environment;
  private final ApiListener listener;
  private final ServerClock clock;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Session session;

  Sessions(
      Connection connection,
      Map<String, String> environment,
      ApiListener listener,
      ServerClock clock) {
    this.connection = connection;
    this.environment = environment;
    this.listener = listener;
    this.clock = clock;
  }

  /**
   * Returns the session.
   *
   * @param ended one that is over, null if none is known to be
   */
  Session other(@Nullable Session ended) throws SalesforceException, InterruptedException {
    lock.lockInterruptibly();
    try {
      Session found = session;
      if (found == null || found.equals(ended)) {
        found = login();
        session = found;
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** Forgets the session. */
  void forget() {
    lock.lock();
    try {
      session = null;
    } finally {
      lock.unlock();
    }
  }

  private Session login() throws SalesforceException, InterruptedException {
    Login login = connection.credentials().login(environment);
    Map<String, String> form = login.form(connection.audience(), Instant.now());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(connection.url().resolve(TARGET))
            .header("Accept", "application/json")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(encoded(form)));
    Answer answer;
    try {
      answer = Wire.send(request, connection.timeout(), connection.answerLimit());
      clock.read(answer);
    } catch (IOException e) {
      throw SalesforceException.broken(
          "Salesforce cannot be reached at " + connection.url() + ": " + Wire.reason(e), e);
    }
    listener.onCall();
    if (!answer.isGood()) {
      List<String> secrets = login.secrets().stream().map(form::get).toList();
      throw Refusal.of(CALL, answer, Kind.LOGIN, secrets);
    }
    return session(answer);
  }

  private Session session(Answer answer) throws SalesforceException {
    JsonNode json = Json.parsed(answer.body()).orElse(Json.object());
    String token = json.path("access_token").asText();
    // What is no header would be quoted in an error.
    if (!token.matches("[!-~]+") || !json.path("instance_url").isTextual()) {
      throw SalesforceException.broken(
          "Salesforce answered " + CALL + " without an access_token and an instance_url", null);
    }
    URI instance;
    try {
      instance = Addresses.server("instance_url", json.path("instance_url").asText());
    } catch (IllegalArgumentException e) {
      throw SalesforceException.configuration(
          "Salesforce answered " + CALL + ": " + e.getMessage());
    }
    if (Addresses.isLoopback(instance) && !Addresses.isLoopback(connection.url())) {
      throw SalesforceException.configuration(
          "Salesforce answered " + CALL + ": instance_url: expected a host, found this machine");
    }
    return new Session(token, instance);
  }

  private static String encoded(Map<String, String> form) {
    return form.entrySet().stream()
        .map(
            field ->
                field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&"));
  }
}
