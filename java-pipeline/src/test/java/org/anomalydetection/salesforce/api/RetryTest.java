package org.anomalydetection.salesforce.api;

import static org.anomalydetection.salesforce.api.ScriptedServer.csv;
import static org.anomalydetection.salesforce.api.ScriptedServer.error;
import static org.anomalydetection.salesforce.api.ScriptedServer.hangUp;
import static org.anomalydetection.salesforce.api.ScriptedServer.json;
import static org.anomalydetection.salesforce.api.ScriptedServer.text;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.anomalydetection.salesforce.api.ScriptedServer.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is tried again, when, and what is not. */
class RetryTest extends Scripted {
  private static final String QUERY = "SELECT Id FROM Opportunity";
  private static final Reply GOOD = json(200, "{\"totalSize\":1,\"done\":true,\"records\":[{}]}");

  @Test
  void shouldTryAgainWhateverMayPass() throws Exception {
    connection = connection.withRetries(new Retries(20, ms(1), ms(1), 1, ms(1)));
    SalesforceClient client = loggedIn();
    server.then(
        error(503, "SERVER_UNAVAILABLE", "busy"),
        error(500, "UNKNOWN_EXCEPTION", "oops"),
        text(502, "text/html", "<html>Bad gateway</html>"),
        error(429, "TOO_MANY_REQUESTS", "slow down"),
        text(420, "text/plain", ""),
        error(400, "UNABLE_TO_LOCK_ROW", "locked"),
        hangUp(),
        text(200, "text/html", "<html>Maintenance</html>"),
        json(200, ""),
        json(200, "[]"),
        json(200, "{\"totalSize\":1,\"done\":true,\"rec"),
        json(200, "{\"totalSize\":1,\"done\":false,\"records\":[{}]}"),
        json(200, "{\"totalSize\":2,\"done\":true,\"records\":[{}]}"),
        GOOD.cutTo(20),
        GOOD.gzip().cutTo(20),
        GOOD.with("Content-Encoding", "gzip"),
        GOOD);
    assertEquals(1, client.query(QUERY, false).records().size());
    assertEquals(18, server.asked().size(), "a login and all of the script");
    assertEquals(15, retried.size(), "Java's client itself asks again after the server hung up");
    retried.forEach(one -> assertEquals(Kind.TRANSIENT, one.kind()));
    assertEquals(
        "GET /services/data/v66.0/query: expected 2 records on the only page, found 1",
        retried.get(11).getMessage());
    assertEquals(15, waits.size());
  }

  @Test
  void shouldCreateAJobAgainWhenTheAnswerIsLost() throws Exception {
    SalesforceClient client = loggedIn();
    server.then(hangUp(), json(200, "{\"id\":\"750R\",\"state\":\"UploadComplete\"}"));
    assertEquals("750R", client.createQueryJob(QUERY, false).id());
    assertEquals(1, waits.size());
  }

  @Test
  void shouldTryABulkPageAgainUntilItIsWhole() throws Exception {
    SalesforceClient client = loggedIn();
    Reply whole = csv("\"Id\"\n\"a\"\n\"b\"\n").with("Sforce-NumberOfRecords", "2");
    byte[] latin = "\"Id\"\n\"a\"\n\"é\"\n".getBytes(StandardCharsets.ISO_8859_1);
    server.then(
        new Reply(200, Map.of("Content-Type", "text/csv"), latin, latin.length, false)
            .with("Sforce-NumberOfRecords", "2"),
        csv("\"Id\"\n\"a\"\n").with("Sforce-NumberOfRecords", "2"),
        csv("\"Id\"\n\"a\"\n\"b").with("Sforce-NumberOfRecords", "2"),
        csv("\"Id\"\n\"a\"\n\"b\"\n"),
        text(200, "text/html", "<html/>").with("Sforce-NumberOfRecords", "0"),
        whole);
    assertEquals(2, client.results("750R", null, 10).records());
    assertThat(
        retried.get(0).getMessage(), containsString("expected CSV in UTF-8, found other bytes"));
    assertEquals(5, waits.size());
    server.then(csv("").with("Sforce-NumberOfRecords", "0"));
    assertEquals(0, client.results("750R", null, 10).records());
    server.then(csv("\"Id\"").with("Sforce-NumberOfRecords", "0"));
    assertEquals(0, client.results("750R", null, 10).records());
    assertEquals(5, waits.size());
  }

  @Test
  void shouldWaitLongerEachTimeAndGiveUp() {
    connection =
        connection.withRetries(
            new Retries(6, Duration.ofSeconds(1), Duration.ofSeconds(4), 1, ms(1)));
    server.then(server.session());
    for (int i = 0; i < 6; i++) {
      server.then(error(503, "SERVER_UNAVAILABLE", "We are busy."));
    }
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client().query(QUERY, false));
    assertEquals(
        "Salesforce refused GET /services/data/v66.0/query: We are busy. (SERVER_UNAVAILABLE, HTTP"
            + " 503); tried 6 times",
        refused.getMessage());
    assertEquals(Kind.TRANSIENT, refused.kind());
    assertEquals(503, refused.status());
    int[] most = {1000, 2000, 4000, 4000, 4000};
    assertEquals(most.length, waits.size());
    for (int i = 0; i < most.length; i++) {
      assertThat(waits.get(i), greaterThanOrEqualTo(ms(most[i] / 2)));
      assertThat(waits.get(i), lessThanOrEqualTo(ms(most[i])));
    }
  }

  @Test
  void shouldNotMultiplyTheTriesOfALogin() {
    for (int i = 0; i < 20; i++) {
      server.then(error(503, "SERVER_UNAVAILABLE", "busy"));
    }
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client().query(QUERY, false));
    assertThat(refused.getMessage(), containsString("the login: busy"));
    assertEquals(connection.retries().attempts(), server.asked().size());
  }

  @Test
  void shouldWaitAsLongAsSalesforceAsks() throws Exception {
    SalesforceClient client = loggedIn();
    Reply busy = error(503, "SERVER_UNAVAILABLE", "busy");
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(60));
    server.then(
        busy.with("Retry-After", "30"),
        busy.with("Retry-After", date),
        busy.with("Retry-After", "86400"),
        busy.with("Retry-After", "soon"),
        busy.with("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),
        GOOD);
    client.query(QUERY, false);
    assertEquals(Duration.ofSeconds(30), waits.get(0));
    assertThat(waits.get(1), greaterThanOrEqualTo(Duration.ofSeconds(50)));
    assertThat(waits.get(1), lessThanOrEqualTo(Duration.ofSeconds(60)));
    assertEquals(Duration.ofMinutes(2), waits.get(2), "the longest delay");
    assertThat(waits.get(3), lessThanOrEqualTo(Duration.ofSeconds(8)));
    assertThat(waits.get(4), lessThanOrEqualTo(Duration.ofSeconds(16)));
  }

  @Test
  void shouldWaitLongWhenTheOrgHasNoCallsLeftThenSaySo() {
    SalesforceClient client = loggedIn();
    Reply limit = error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    server.then(limit, limit, limit, limit, limit);
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client.query(QUERY, false));
    assertEquals(Kind.LIMIT, refused.kind());
    assertThat(refused.getMessage(), containsString("TotalRequests Limit exceeded."));
    assertThat(refused.getMessage(), containsString("has used its calls of the last 24 hours"));
    assertEquals(4, waits.size());
    assertThat(waits.get(0), greaterThanOrEqualTo(Duration.ofMinutes(1)));
    assertThat(waits.get(3), greaterThanOrEqualTo(Duration.ofMinutes(8)));
  }

  @ParameterizedTest
  @CsvSource({
    "400, INVALID_FIELD, CONFIGURATION",
    "400, MALFORMED_QUERY, CONFIGURATION",
    "400, INVALID_TYPE, CONFIGURATION",
    "403, INSUFFICIENT_ACCESS, CONFIGURATION",
    "409, INVALID_VERSION, CONFIGURATION",
    "400, LIMIT_EXCEEDED, BULK_LIMIT",
    "400, INVALIDENTITY, USE_REST",
    "400, QUERY_TIMEOUT, QUERY_TIMEOUT",
    "400, INVALID_QUERY_LOCATOR, LOCATOR",
  })
  void shouldSayAtOnceWhatWillNotPass(int status, String code, Kind kind) {
    SalesforceClient client = loggedIn();
    server.then(error(status, code, "No such column 'Amuont' on entity 'Opportunity'."));
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client.query(QUERY, false));
    assertEquals(kind, refused.kind());
    assertEquals(code, refused.code());
    assertEquals(
        "Salesforce refused GET /services/data/v66.0/query: No such column 'Amuont' on entity"
            + " 'Opportunity'. ("
            + code
            + ", HTTP "
            + status
            + ")"
            + (kind == Kind.QUERY_TIMEOUT ? "; ask for less at a time" : ""),
        refused.getMessage());
    assertEquals(2, server.asked().size());
  }

  @Test
  void shouldLogInAgainWhenTheSessionIsOver() throws Exception {
    SalesforceClient client = loggedIn();
    server.then(
        error(401, "INVALID_SESSION_ID", "Session expired or invalid"), server.session(), GOOD);
    assertEquals(1, client.query(QUERY, false).totalSize());
    assertEquals(4, server.asked().size());
    assertEquals(0, waits.size());
  }

  @Test
  void shouldLogInAgainOnlyOnce() {
    SalesforceClient client = loggedIn();
    Reply over = error(401, "INVALID_SESSION_ID", "Session expired or invalid");
    server.then(over, server.session(), over);
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client.query(QUERY, false));
    assertEquals(Kind.LOGIN, refused.kind());
    assertThat(refused.getMessage(), containsString("Session expired or invalid"));
    assertEquals(4, server.asked().size());
  }

  @Test
  void shouldNotFollowARedirect() {
    SalesforceClient client = loggedIn();
    server.then(text(302, "text/html", "").with("Location", server.url() + "/elsewhere?token=1"));
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client.query(QUERY, false));
    assertEquals(Kind.CONFIGURATION, refused.kind());
    assertThat(refused.getMessage(), containsString("redirects GET /services/data/v66.0/query to"));
    assertEquals(2, server.asked().size());
    SalesforceException other =
        assertThrows(
            SalesforceException.class, () -> client.next("https://evil.example/services/data"));
    assertEquals(Kind.CONFIGURATION, other.kind());
    assertEquals(2, server.asked().size());
  }

  @Test
  void shouldNotWaitForAnAnswerForEver() {
    connection =
        connection.withTimeout(ms(200)).withRetries(new Retries(2, ms(1), ms(1), 1, ms(1)));
    SalesforceClient client = loggedIn();
    server.then(GOOD.stalled(), GOOD.stalled());
    SalesforceException refused =
        assertThrows(SalesforceException.class, () -> client.query(QUERY, false));
    assertThat(refused.getMessage(), containsString("no whole answer within 0.2 s; tried 2 times"));
  }

  @Test
  void shouldEndWhenItIsInterrupted() throws Exception {
    connection =
        connection.withRetries(
            new Retries(3, Duration.ofMinutes(5), Duration.ofMinutes(5), 1, ms(1)));
    server.then(server.session(), error(503, "SERVER_UNAVAILABLE", "busy"));
    CountDownLatch waiting = new CountDownLatch(1);
    ApiListener listener =
        new ApiListener() {
          @Override
          public void onRetry(SalesforceException cause, Duration delay) {
            waiting.countDown();
          }
        };
    SalesforceClient client =
        SalesforceClient.open(
            connection, listener, ENVIRONMENT, new Retrying(connection.retries(), listener));
    AtomicReference<Throwable> end = new AtomicReference<>();
    Thread thread =
        new Thread(() -> end.set(assertThrows(Throwable.class, () -> client.query(QUERY, false))));
    thread.start();
    waiting.await();
    thread.interrupt();
    thread.join(5000);
    assertEquals(InterruptedException.class, end.get().getClass());
  }

  private static Duration ms(long millis) {
    return Duration.ofMillis(millis);
  }
}
