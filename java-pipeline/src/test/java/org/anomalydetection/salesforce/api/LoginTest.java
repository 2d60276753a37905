package org.anomalydetection.salesforce.api;

import static org.anomalydetection.salesforce.api.ScriptedServer.json;
import static org.anomalydetection.salesforce.api.ScriptedServer.session;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThanOrEqualTo;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.Signature;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.stream.Collectors;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a login sends, and what it takes for an answer. */
class LoginTest extends Scripted {
  @TempDir Path folder;

  @Test
  void shouldSendTheSecretOfTheApp() throws Exception {
    server.then(server.session(), json(200, NO_RECORDS));
    client().query("SELECT Id FROM Lead", false);
    ScriptedServer.Asked asked = server.asked().get(0);
    assertEquals("POST", asked.method());
    assertEquals("/services/oauth2/token", asked.target());
    assertEquals("application/x-www-form-urlencoded", asked.headers().get("Content-type"));
    assertEquals(
        Map.of(
            "grant_type", "client_credentials", "client_id", "3MVG9.app", "client_secret", SECRET),
        form(asked.body()));
  }

  @ParameterizedTest
  @CsvSource({
    "https://example.my.salesforce.com, https://login.salesforce.com",
    "https://example--dev.sandbox.my.salesforce.com, https://test.salesforce.com",
    "https://test.salesforce.com, https://test.salesforce.com",
    "http://localhost:8091, http://localhost:8091",
  })
  void shouldNameTheHostOfLoginsAsTheAudience(URI url, URI audience) {
    assertEquals(audience, Connection.to(url, Credentials.fromEnvironment()).audience());
  }

  @Test
  void shouldSignALogin() throws Exception {
    KeyPair keys = Keys.pair();
    Path file = Keys.write(folder.resolve("key.pem"), keys);
    server.then(server.session(), json(200, NO_RECORDS));
    client(
            Map.of(
                "SALESFORCE_CLIENT_ID",
                "3MVG9.app",
                "SALESFORCE_USERNAME",
                "robot@example.com",
                "SALESFORCE_PRIVATE_KEY_FILE",
                file.toString()))
        .query("SELECT Id FROM Lead", false);
    Map<String, String> form = form(server.asked().get(0).body());
    assertEquals("urn:ietf:params:oauth:grant-type:jwt-bearer", form.get("grant_type"));
    String[] parts = form.get("assertion").split("\\.", -1);
    assertEquals(3, parts.length);
    assertEquals("RS256", decoded(parts[0]).get("alg").asText());
    JsonNode claims = decoded(parts[1]);
    assertEquals("3MVG9.app", claims.get("iss").asText());
    assertEquals("robot@example.com", claims.get("sub").asText());
    assertEquals(server.url().toString(), claims.get("aud").asText());
    long left = claims.get("exp").asLong() - Instant.now().getEpochSecond();
    assertThat(left, greaterThan(60L));
    assertThat(left, lessThanOrEqualTo(300L));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initVerify(keys.getPublic());
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertTrue(signature.verify(Base64.getUrlDecoder().decode(parts[2])));
  }

  @Test
  void shouldSayWhyALoginIsRefused() {
    server.then(
        json(400, "{\"error\":\"invalid_grant\",\"error_description\":\"no client credentials\"}"));
    SalesforceException refused = refusal();
    assertEquals(Kind.LOGIN, refused.kind());
    assertEquals("invalid_grant", refused.code());
    assertEquals(
        "Salesforce refused the login: no client credentials (invalid_grant, HTTP 400); look at the"
            + " secrets, at the connected app and at its user",
        refused.getMessage());
    assertEquals(0, waits.size());
  }

  @Test
  void shouldTryALoginAgainThatMayPass() throws Exception {
    server.then(
        json(400, "{\"error\":\"unknown_error\",\"error_description\":\"retry your request\"}"),
        json(503, "busy"),
        json(200, "{\"instance_url\":\"" + server.url() + "\"}"),
        server.session(),
        json(200, NO_RECORDS));
    client().query("SELECT Id FROM Lead", false);
    assertEquals(3, waits.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.my.salesforce.com",
        "ftp://localhost",
        "https://user:pw@example.com",
        "https://example.com/elsewhere",
        "no address",
      })
  void shouldShowNoTokenToAnAddressThatIsNotSafe(String instance) {
    server.then(session(instance));
    SalesforceException refused = refusal();
    assertEquals(Kind.CONFIGURATION, refused.kind());
    assertThat(refused.getMessage(), containsString("answered the login: instance_url: expected"));
    assertEquals(1, server.asked().size());
  }

  private SalesforceException refusal() {
    return assertThrows(
        SalesforceException.class, () -> client().query("SELECT Id FROM Lead", false));
  }

  private static JsonNode decoded(String part) throws Exception {
    return new ObjectMapper().readTree(Base64.getUrlDecoder().decode(part));
  }

  private static Map<String, String> form(String body) {
    return Arrays.stream(body.split("&", -1))
        .map(field -> field.split("=", 2))
        .collect(
            Collectors.toMap(
                field -> field[0], field -> URLDecoder.decode(field[1], StandardCharsets.UTF_8)));
  }
}
