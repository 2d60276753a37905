package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is asked of Salesforce, whoever asks.
 *
 * @param method the method of HTTP
 * @param target the path and the query, encoded
 * @param headers those that this call has beside those of all calls
 * @param body what is sent; empty for nothing
 */
@SuppressWarnings("ArrayRecordComponent") // it is handed on, never compared
record Call(String method, String target, Map<String, String> headers, byte[] body) {
  private static final String JSON = "application/json";
  static final String CSV = "text/csv";

  static Call get(String target) {
    return new Call("GET", target, Map.of("Accept", JSON), new byte[0]);
  }

  static Call getCsv(String target) {
    return new Call("GET", target, Map.of("Accept", CSV), new byte[0]);
  }

  static Call delete(String target) {
    return new Call("DELETE", target, Map.of("Accept", JSON), new byte[0]);
  }

  /** Sends JSON. */
  static Call json(String method, String target, JsonNode body) {
    return new Call(
        method,
        target,
        Map.of("Accept", JSON, "Content-Type", JSON),
        body.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Sends CSV. */
  static Call putCsv(String target, byte[] csv) {
    return new Call("PUT", target, Map.of("Accept", JSON, "Content-Type", CSV), csv);
  }

  Call withHeader(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Call(method, target, more, body);
  }

  /** Encodes a part of a path, or a value of a query. */
  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Names the call in messages: without its query, which has data. */
  @Override
  public String toString() {
    int query = target.indexOf('?');
    return method + " " + (query < 0 ? target : target.substring(0, query));
  }
}
