package org.anomalydetection.salesforce.api;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where secrets are looked for, and what is said when they are not there. */
class CredentialsTest {
  private static final String SECRET = "shh-the-secret";
  private static KeyPair keys;

  @TempDir Path folder;

  @BeforeAll
  static void makeKeys() throws Exception {
    keys = Keys.pair();
  }

  @Test
  void shouldReadBothWaysOfAFile() throws Exception {
    Path secret = file("{\"client_id\": \"app\", \"client_secret\": \"" + SECRET + "\"}");
    assertEquals(
        "client credentials", Credentials.at(secret.toString()).login(Map.of()).toString());
    Keys.write(folder.resolve("key.pem"), keys);
    // A path in a file starts at the file's folder.
    Path key = file("{\"client_id\":\"app\",\"username\":\"me\",\"private_key_file\":\"key.pem\"}");
    assertEquals("a signed login", Credentials.ofFile(key.toString()).login(Map.of()).toString());
    Credentials.ofFile(key.toString()).check();
  }

  @Test
  void shouldPreferTheKeyWhereThereIsASecretToo() throws Exception {
    Map<String, String> environment = new HashMap<>();
    environment.put("SALESFORCE_CLIENT_ID", "app");
    environment.put("SALESFORCE_CLIENT_SECRET", SECRET);
    environment.put("SALESFORCE_USERNAME", "me");
    assertEquals("client credentials", Credentials.at(null).login(environment).toString());
    Path key = Keys.write(folder.resolve("key.pem"), keys);
    environment.put("SALESFORCE_PRIVATE_KEY_FILE", key.toString());
    assertEquals("a signed login", Credentials.at(null).login(environment).toString());
  }

  @ParameterizedTest
  @CsvSource({
    "'', none of them",
    "client_id, SALESFORCE_CLIENT_ID",
    "client_secret, SALESFORCE_CLIENT_SECRET",
    "client_id username, 'SALESFORCE_CLIENT_ID, SALESFORCE_USERNAME'",
    "client_id private_key_file, 'SALESFORCE_CLIENT_ID, SALESFORCE_PRIVATE_KEY_FILE'",
  })
  void shouldSayWhatIsMissing(String given, String found) {
    Map<String, String> environment = new HashMap<>();
    for (String name : given.split(" ", -1)) {
      environment.put("SALESFORCE_" + name.toUpperCase(Locale.ROOT), SECRET);
    }
    SalesforceException error = error(Credentials.at(null), environment);
    assertEquals(
        "the environment: expected SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET, or"
            + " SALESFORCE_CLIENT_ID, SALESFORCE_USERNAME and SALESFORCE_PRIVATE_KEY_FILE, found "
            + found,
        error.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"client_secret\": \"shh-the-secret\"', found a mistake in line 1",
    "'shh-the-secret', found a mistake in line 1",
    "'\"shh-the-secret\"', found another JSON value or nothing",
    "'', found another JSON value or nothing",
    "'{\"client_id\":\"a\",\"client_secret\":{\"v\":\"shh-the-secret\"}}', 'found client_id'",
  })
  void shouldNotQuoteAFileOfSecrets(String text, String found) throws Exception {
    Path file = file(text);
    SalesforceException error = error(Credentials.ofFile(file.toString()), Map.of());
    assertThat(error.getMessage(), containsString("the file " + file + ": expected "));
    assertThat(error.getMessage(), containsString(found));
    assertThat(error.getMessage(), not(containsString(SECRET)));
  }

  @Test
  void shouldSayThatAFileCannotBeRead() throws Exception {
    assertThat(
        error(Credentials.ofFile(folder.resolve("none.json").toString()), Map.of()).getMessage(),
        containsString("none.json cannot be read: there is no such file"));
    assertThat(
        error(Credentials.ofFile(folder.toString()), Map.of()).getMessage(),
        containsString("expected a file of text"));
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThat(
        error(Credentials.ofFile(binary.toString()), Map.of()).getMessage(),
        containsString("expected UTF-8"));
  }

  @ParameterizedTest
  @CsvSource({
    "RSA PRIVATE KEY, 'found RSA PRIVATE KEY; convert it: openssl pkcs8 -topk8'",
    "ENCRYPTED PRIVATE KEY, found ENCRYPTED PRIVATE KEY; convert it",
    "CERTIFICATE, found CERTIFICATE",
    "PRIVATE KEY, found another or a broken key",
    "'', found no PEM",
  })
  void shouldSayWhichKeyItNeeds(String type, String found) throws Exception {
    String pem = Keys.pem(keys).replaceAll("PRIVATE KEY", type).replaceAll("(?m)^MII.*\\R", "");
    Path key = Files.writeString(folder.resolve("key.pem"), type.isEmpty() ? SECRET : pem);
    SalesforceException error =
        error(
            Credentials.fromEnvironment(),
            Map.of(
                "SALESFORCE_CLIENT_ID", "app",
                "SALESFORCE_USERNAME", "me",
                "SALESFORCE_PRIVATE_KEY_FILE", key.toString()));
    assertThat(
        error.getMessage(),
        containsString("SALESFORCE_PRIVATE_KEY_FILE: expected an RSA key in PKCS#8 PEM"));
    assertThat(error.getMessage(), containsString(found));
    assertTrue(
        pem.lines().noneMatch(line -> line.length() > 40 && error.getMessage().contains(line)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://example.my.salesforce.com",
        "http://127.0.0.1.example.com:8091",
        "example.my.salesforce.com",
        "https:///",
        "https://example.my.salesforce.com/services",
        "https://example.my.salesforce.com?a=b",
        "https://me:shh-the-secret@example.my.salesforce.com",
      })
  void shouldConnectOnlyWhereSecretsAreSafe(String url) {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Connection.to(URI.create(url), Credentials.fromEnvironment()))
            .getMessage();
    assertThat(message, containsString("Salesforce's url: expected "));
    assertThat(message, not(containsString(SECRET)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://example.my.salesforce.com",
        "HTTPS://example.my.salesforce.com/",
        "http://localhost:8091",
        "http://127.0.0.1:8091/",
        "http://[::1]:8091",
      })
  void shouldConnectWhereSecretsAreSafe(String url) {
    assertEquals(
        url.replace("HTTPS", "https").replaceAll("/$", "") + " by the environment",
        Connection.to(URI.create(url), Credentials.at(null)).toString());
  }

  @Test
  void shouldRefuseSettingsThatSalesforceWould() {
    Connection connection =
        Connection.to(URI.create("https://example.my.salesforce.com"), Credentials.at(null));
    assertThrows(IllegalArgumentException.class, () -> connection.withApiVersion("v66.0"));
    assertThrows(IllegalArgumentException.class, () -> connection.withPageSize(100));
    assertThrows(IllegalArgumentException.class, () -> connection.withPageSize(2001));
  }

  private Path file(String text) throws Exception {
    return Files.writeString(folder.resolve("credentials.json"), text);
  }

  private static SalesforceException error(
      Credentials credentials, Map<String, String> environment) {
    SalesforceException error =
        assertThrows(SalesforceException.class, () -> credentials.login(environment));
    assertEquals(Kind.CONFIGURATION, error.kind());
    return error;
  }
}
