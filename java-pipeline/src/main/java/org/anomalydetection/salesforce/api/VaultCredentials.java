package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Secrets in HashiCorp Vault (HTTP API, KV secrets engine, version 2). */
final class VaultCredentials extends Credentials {
  private static final long serialVersionUID = 1L;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final @Nullable URI address;
  private final String engine;
  private final String secret;

  VaultCredentials(@Nullable URI address, String path) {
    if (!path.matches("[\\w.-]+(/[\\w.-]+)+")) {
      throw new IllegalArgumentException(
          "Vault: expected the engine and the secret, such as secret/salesforce, found " + path);
    }
    this.address = address == null ? null : Addresses.server("Vault", address);
    this.engine = path.substring(0, path.indexOf('/'));
    this.secret = path.substring(path.indexOf('/') + 1);
  }

  @Override
  Login login(Map<String, String> environment) throws SalesforceException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server(environment).resolve("/v1/" + engine + "/data/" + secret))
            .header("X-Vault-Token", token(environment));
    String namespace = environment.get("VAULT_NAMESPACE");
    if (namespace != null) {
      request.header("X-Vault-Namespace", namespace);
    }
    Answer answer;
    try {
      answer = Wire.send(request, LIMIT, Connection.ANSWER_LIMIT);
    } catch (IOException e) {
      throw SalesforceException.broken(this + " cannot be reached: " + Wire.reason(e), e);
    }
    JsonNode data = Json.parsed(answer.body()).orElse(Json.object()).path("data").path("data");
    if (answer.isGood() && data.isObject()) {
      return LoginReader.ofJson(toString(), data, Path.of("")).read();
    }
    if (answer.isGood() || (answer.status() < 500 && answer.status() != 429)) {
      throw SalesforceException.configuration(
          String.format(
              "%s: expected a secret of the key-value engine, version 2, and a token that may read"
                  + " it, found HTTP %d",
              this, answer.status()));
    }
    throw SalesforceException.broken(this + ": found HTTP " + answer.status(), null);
  }

  private URI server(Map<String, String> environment) throws SalesforceException {
    if (address != null) {
      return address;
    }
    String found = environment.get("VAULT_ADDR");
    if (found == null) {
      throw SalesforceException.configuration(this + ": expected its address in VAULT_ADDR");
    }
    try {
      return Addresses.server("VAULT_ADDR", found);
    } catch (IllegalArgumentException e) {
      throw SalesforceException.configuration(this + ": " + e.getMessage());
    }
  }

  private String token(Map<String, String> environment) throws SalesforceException {
    String token = environment.get("VAULT_TOKEN");
    String source = "VAULT_TOKEN";
    if (token == null) {
      String file = environment.get("VAULT_TOKEN_FILE");
      Path path =
          file == null ? Path.of(System.getProperty("user.home"), ".vault-token") : Path.of(file);
      source = "the token in " + path;
      token = SecretFiles.text(this + ": " + source, path).strip();
    }
    if (!token.matches("[!-~]+")) {
      // What is no header would be quoted in an error.
      throw SalesforceException.configuration(
          this + ": " + source + ": expected visible ASCII characters without a space");
    }
    return token;
  }

  @Override
  public String toString() {
    return "Vault's " + engine + "/" + secret + (address == null ? "" : " at " + address);
  }
}
