package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;

/** Tells what an answer that is not good means. */
final class Refusal {
  private static final Map<String, Kind> CODES =
      Map.ofEntries(
          Map.entry("INVALID_SESSION_ID", Kind.LOGIN),
          Map.entry("REQUEST_LIMIT_EXCEEDED", Kind.LIMIT),
          Map.entry("LIMIT_EXCEEDED", Kind.BULK_LIMIT),
          Map.entry("INVALIDENTITY", Kind.USE_REST),
          Map.entry("QUERY_TIMEOUT", Kind.QUERY_TIMEOUT),
          Map.entry("INVALID_QUERY_LOCATOR", Kind.LOCATOR),
          Map.entry("INVALID_LOCATOR", Kind.LOCATOR),
          Map.entry("UNABLE_TO_LOCK_ROW", Kind.TRANSIENT),
          Map.entry("SERVER_UNAVAILABLE", Kind.TRANSIENT),
          // "retry your request", when logging in.
          Map.entry("unknown_error", Kind.TRANSIENT));

  /** What may pass whatever the body says; 500 and above too. */
  private static final Set<Integer> PASSING = Set.of(406, 408, 420, 425, 429);

  private static final int MOST_CHARACTERS = 300;

  private Refusal() {}

  /**
   * Returns the exception for an answer.
   *
   * @param call the call that was answered, as messages name it
   * @param otherwise what a refusal is that has no known code
   * @param secrets what the message must not show, even where the answer does
   */
  static SalesforceException of(Object call, Answer answer, Kind otherwise, List<String> secrets) {
    int status = answer.status();
    if (status >= 300 && status < 400) {
      return SalesforceException.configuration(redirect(call, answer));
    }
    String code = "";
    String message;
    Kind kind;
    JsonNode error = Json.parsed(answer.body()).map(Refusal::first).orElse(null);
    if (error == null) {
      message = "expected JSON, found " + excerpt(redacted(answer.text(), secrets));
      kind = Kind.TRANSIENT;
    } else {
      code = error.path("errorCode").asText(error.path("error").asText());
      message = error.path("message").asText(error.path("error_description").asText());
      kind = CODES.getOrDefault(code, otherwise);
    }
    if (status == 401) {
      kind = Kind.LOGIN;
    } else if ((status >= 500 || PASSING.contains(status)) && !CODES.containsKey(code)) {
      kind = Kind.TRANSIENT;
    }
    String text =
        String.format(
            "Salesforce refused %s: %s (%sHTTP %d)%s",
            call, message, code.isEmpty() ? "" : code + ", ", status, advice(kind));
    return SalesforceException.answered(
        kind,
        status,
        redacted(code, secrets),
        RetryAfter.of(answer.header("Retry-After"), Instant.now()),
        redacted(text, secrets));
  }

  /** Errors come in a list; those of a login are alone. */
  private static JsonNode first(JsonNode json) {
    return json.isArray() ? json.path(0) : json;
  }

  private static String redirect(Object call, Answer answer) {
    String host = "another address";
    try {
      String found = URI.create(answer.header("Location")).getHost();
      host = found == null ? host : found;
    } catch (IllegalArgumentException e) {
      // The address does not matter then.
    }
    return String.format(
        "Salesforce redirects %s to %s (HTTP %d), which is not followed; use the address of your"
            + " own domain, such as https://example.my.salesforce.com",
        call, host, answer.status());
  }

  private static String excerpt(String body) {
    String text = body.replaceAll("\\s+", " ").strip();
    if (text.isEmpty()) {
      return "nothing";
    }
    return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + "…";
  }

  private static String advice(Kind kind) {
    return switch (kind) {
      case LIMIT ->
          "; the org has used its calls of the last 24 hours: run later, or let Salesforce raise"
              + " the limit";
      case QUERY_TIMEOUT -> "; ask for less at a time";
      case LOGIN -> "; look at the secrets, at the connected app and at its user";
      default -> "";
    };
  }

  private static String redacted(String text, List<String> secrets) {
    String safe = text;
    for (String secret : secrets) {
      safe = safe.replace(secret, "***");
      safe = safe.replace(URLEncoder.encode(secret, StandardCharsets.UTF_8), "***");
    }
    return safe;
  }
}
