package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** OAuth's JWT bearer: the connected app logs in as a user, by a token that its key has signed. */
final class SignedLogin implements Login {
  private static final String ASSERTION = "assertion";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Salesforce takes 5 minutes at most; clocks may differ. */
  private static final Duration GOOD_FOR = Duration.ofMinutes(3);

  private final String clientId;
  private final String username;
  private final PrivateKey key;

  SignedLogin(String clientId, String username, PrivateKey key) {
    this.clientId = clientId;
    this.username = username;
    this.key = key;
  }

  @Override
  public Map<String, String> form(URI audience, Instant now) {
    return Map.of(
        "grant_type",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ASSERTION,
        assertion(audience, now));
  }

  @Override
  public List<String> secrets() {
    return List.of(ASSERTION);
  }

  @Override
  public String toString() {
    return "a signed login";
  }

  private String assertion(URI audience, Instant now) {
    Map<String, Object> claims = new TreeMap<>();
    claims.put("iss", clientId);
    claims.put("sub", username);
    claims.put("aud", audience.toString());
    claims.put("exp", now.plus(GOOD_FOR).getEpochSecond());
    String signed = encoded(Map.of("alg", "RS256")) + "." + encoded(claims);
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String encoded(Map<String, ?> json) {
    try {
      return base64(MAPPER.writeValueAsBytes(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
