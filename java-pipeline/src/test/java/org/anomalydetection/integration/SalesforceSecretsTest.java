package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.anomalydetection.salesforce.SalesforceServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No secret of a login is in anything that a failing run writes, even when it tells all it can. */
class SalesforceSecretsTest {
  private static final String SECRET = "a-secret-that-nobody-else-has";

  @TempDir Path folder;

  @Test
  void shouldWriteNoSecretWhenARunFails() throws Exception {
    try (SalesforceServer server =
        SalesforceServer.start("--client-secret=" + SECRET, "--bulk-page=700")) {
      List<String> secrets = new ArrayList<>(keyLines(server));
      assertThat(secrets.size(), greaterThan(10));
      secrets.add(SECRET);
      secrets.add(tokenPrefix(server));
      for (Path login : List.of(server.secretFile(), server.keyFile())) {
        Map<String, Object> options = new HashMap<>(Map.of("after", 1));
        options.put("times", null);
        server.fault("locator", options);
        Path written = Files.createTempDirectory(folder, "run");
        Forked run = Forked.command(written, command(server, login, written));
        assertEquals(1, run.exitCode(), run.err());
        assertThat(run.err(), containsString("INVALID_QUERY_LOCATOR"));
        assertThat("it tells all it can", run.err(), containsString("DEBUG"));
        assertNone(secrets, written);
      }
    }
  }

  private List<String> command(SalesforceServer server, Path login, Path written)
      throws IOException {
    Path temporary = Files.createDirectory(written.resolve("tmp"));
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-Djava.io.tmpdir=" + temporary,
        "-Dorg.slf4j.simpleLogger.log.org.anomalydetection=trace",
        "-Dorg.slf4j.simpleLogger.log.org.apache.beam=debug",
        "-cp",
        System.getProperty("java.class.path"),
        "org.anomalydetection.pipeline.Main",
        "--source=salesforce",
        "--salesforceUrl=" + server.url(),
        "--salesforceCredentials=" + login,
        "--expansionService=" + RunningService.address(),
        "--output=" + written.resolve("out"));
  }

  /** Returns what the key's file has between its first line and its last. */
  private static List<String> keyLines(SalesforceServer server) throws IOException {
    return Files.readAllLines(Path.of(server.environment().get("SALESFORCE_PRIVATE_KEY_FILE")))
        .stream()
        .filter(line -> !line.startsWith("-----"))
        .toList();
  }

  /** Returns what all access tokens of the org begin with. */
  private static String tokenPrefix(SalesforceServer server) throws Exception {
    String form =
        "grant_type=client_credentials&client_id="
            + server.environment().get("SALESFORCE_CLIENT_ID")
            + "&client_secret="
            + SECRET;
    URI address = server.url().resolve("/services/oauth2/token");
    HttpResponse<byte[]> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(address)
                    .version(HttpClient.Version.HTTP_1_1)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(form))
                    .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    String token = new ObjectMapper().readTree(answer.body()).required("access_token").textValue();
    return token.substring(0, token.indexOf('!') + 1);
  }

  private static void assertNone(List<String> secrets, Path written) throws IOException {
    try (Stream<Path> files = Files.walk(written)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        for (String secret : secrets) {
          assertThat(file.toString(), text, not(containsString(secret)));
        }
      }
    }
  }
}
