package org.anomalydetection.salesforce.api;

import java.io.Serializable;
import java.net.URI;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The place where a client finds the secrets of a login when it logs in, so that no pipeline holds
 * them. Immutable. In each place there are either {@code client_id} and {@code client_secret}, or
 * {@code client_id}, {@code username} and {@code private_key_file}; with all of them the key
 * counts.
 */
public abstract sealed class Credentials implements Serializable
    permits EnvironmentCredentials, FileCredentials, VaultCredentials {
  private static final long serialVersionUID = 1L;
  private static final String VAULT = "vault:";

  Credentials() {}

  /**
   * Uses the environment of the process that logs in: {@code SALESFORCE_CLIENT_ID}, {@code
   * SALESFORCE_CLIENT_SECRET}, {@code SALESFORCE_USERNAME}, {@code SALESFORCE_PRIVATE_KEY_FILE}.
   */
  public static Credentials fromEnvironment() {
    return new EnvironmentCredentials();
  }

  /** Uses a JSON file of the machine that logs in. */
  public static Credentials ofFile(String path) {
    return new FileCredentials(path);
  }

  /**
   * Uses a secret of HashiCorp Vault, of its key-value engine in version 2. The token is in {@code
   * VAULT_TOKEN} or in the file that {@code VAULT_TOKEN_FILE} names, {@code ~/.vault-token} without
   * either; the secret may hold the key itself, as {@code private_key}.
   *
   * @param address where Vault is, null for {@code VAULT_ADDR}; https, or http at this machine
   * @param path the engine and the secret, such as {@code secret/salesforce}
   * @throws IllegalArgumentException if it is no such path
   */
  public static Credentials ofVault(@Nullable URI address, String path) {
    return new VaultCredentials(address, path);
  }

  /**
   * Uses the place that an option names: the path of a file, {@code vault:secret/salesforce}, or
   * the environment if it is null.
   *
   * @throws IllegalArgumentException if it is no such place
   */
  public static Credentials at(@Nullable String place) {
    if (place == null) {
      return fromEnvironment();
    }
    return place.startsWith(VAULT) ? ofVault(null, place.substring(VAULT.length())) : ofFile(place);
  }

  /**
   * Looks whether the secrets are there and can be used, without a call to Salesforce.
   *
   * @throws SalesforceException that says what is missing where
   */
  public final void check() throws SalesforceException, InterruptedException {
    new Retrying(Retries.DEFAULT, ApiListener.NONE).call(() -> login(System.getenv()));
  }

  /** Reads the secrets. */
  abstract Login login(Map<String, String> environment)
      throws SalesforceException, InterruptedException;
}
