package org.anomalydetection.salesforce.api;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** OAuth's client credentials: the connected app logs in as the user that it is set to run as. */
final class ClientSecretLogin implements Login {
  private static final String SECRET = "client_secret";

  private final String clientId;
  private final String clientSecret;

  ClientSecretLogin(String clientId, String clientSecret) {
    this.clientId = clientId;
    this.clientSecret = clientSecret;
  }

  @Override
  public Map<String, String> form(URI audience, Instant now) {
    return Map.of("grant_type", "client_credentials", "client_id", clientId, SECRET, clientSecret);
  }

  @Override
  public List<String> secrets() {
    return List.of(SECRET);
  }

  @Override
  public String toString() {
    return "client credentials";
  }
}
