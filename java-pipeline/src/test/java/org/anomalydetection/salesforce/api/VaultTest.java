package org.anomalydetection.salesforce.api;

import static org.anomalydetection.salesforce.api.ScriptedServer.json;
import static org.anomalydetection.salesforce.api.ScriptedServer.text;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Secrets in HashiCorp Vault. */
class VaultTest {
  private static final String TOKEN = "hvs.the-token";
  private static final String SECRET =
      "{\"data\":{\"data\":{\"client_id\":\"app\",\"client_secret\":\"s3cret\"},"
          + "\"metadata\":{\"version\":3}}}";

  private final ScriptedServer vault = new ScriptedServer();
  private final Credentials credentials = Credentials.at("vault:secret/teams/salesforce");

  @TempDir Path folder;

  @AfterEach
  void stop() {
    vault.close();
  }

  @Test
  void shouldAskForTheLatestVersion() throws Exception {
    vault.then(json(200, SECRET));
    Login login =
        credentials.login(
            Map.of("VAULT_ADDR", vault.url() + "/", "VAULT_TOKEN", TOKEN, "VAULT_NAMESPACE", "eu"));
    assertEquals("client credentials", login.toString());
    assertEquals("/v1/secret/data/teams/salesforce", vault.last().target());
    assertEquals(TOKEN, vault.last().headers().get("X-vault-token"));
    assertEquals("eu", vault.last().headers().get("X-vault-namespace"));
  }

  @Test
  void shouldReadTheTokenOfAFileAndAKeyInVault() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), TOKEN + "\n");
    String key = Keys.pem(Keys.pair()).replace("\r", "").replace("\n", "\\n");
    vault.then(
        json(
            200,
            "{\"data\":{\"data\":{\"client_id\":\"app\",\"username\":\"me\",\"private_key\":\""
                + key
                + "\"}}}"));
    Login login =
        Credentials.ofVault(vault.url(), "secret/salesforce")
            .login(Map.of("VAULT_TOKEN_FILE", token.toString()));
    assertEquals("a signed login", login.toString());
    assertEquals(TOKEN, vault.last().headers().get("X-vault-token"));
  }

  @ParameterizedTest
  @CsvSource({
    "403, '{\"errors\":[\"permission denied\"]}', CONFIGURATION",
    "404, '{\"errors\":[]}', CONFIGURATION",
    "200, '{\"data\":{\"client_secret\":\"s3cret\"}}', CONFIGURATION",
    "302, '', CONFIGURATION",
    "503, '{\"errors\":[\"Vault is sealed\"]}', TRANSIENT",
    "429, '', TRANSIENT",
  })
  void shouldSayWhatVaultAnswered(int status, String body, Kind kind) {
    vault.then(text(status, "application/json", body).with("Location", "http://localhost:1/"));
    SalesforceException error =
        error(Map.of("VAULT_ADDR", vault.url().toString(), "VAULT_TOKEN", TOKEN));
    assertEquals(kind, error.kind());
    assertThat(error.getMessage(), containsString("Vault's secret/teams/salesforce: "));
    assertThat(error.getMessage(), containsString("found HTTP " + status));
    assertEquals(1, vault.asked().size());
  }

  @Test
  void shouldSayWhatIsMissing() {
    assertThat(
        error(Map.of("VAULT_TOKEN", TOKEN)).getMessage(),
        containsString("expected its address in VAULT_ADDR"));
    assertThat(
        error(Map.of("VAULT_TOKEN", TOKEN, "VAULT_ADDR", "http://vault.example")).getMessage(),
        containsString("VAULT_ADDR: expected https://host"));
    assertThat(
        error(
                Map.of(
                    "VAULT_ADDR",
                    "https://localhost",
                    "VAULT_TOKEN_FILE",
                    folder.resolve("none").toString()))
            .getMessage(),
        containsString("none cannot be read: there is no such file"));
    String broken =
        error(Map.of("VAULT_ADDR", "https://localhost", "VAULT_TOKEN", "hvs.a b\n")).getMessage();
    assertThat(broken, containsString("VAULT_TOKEN: expected visible ASCII"));
    assertThat(broken, not(containsString("hvs.a b")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vault:", "vault:secret", "vault:/secret/a", "vault:secret/a?b", "vault:a//b"})
  void shouldSayThatAPathIsNone(String place) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Credentials.at(place)).getMessage();
    assertThat(message, containsString("such as secret/salesforce, found "));
  }

  private SalesforceException error(Map<String, String> environment) {
    return assertThrows(SalesforceException.class, () -> credentials.login(environment));
  }
}
