package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Finds out how to log in from values that some place has by name. */
final class LoginReader {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Returns what a place has under a name, null if nothing. */
  interface Values {
    @Nullable String get(String name);
  }

  private final String place;
  private final UnaryOperator<String> naming;
  private final Values values;
  private final Path folder;

  /**
   * Reads from a place.
   *
   * @param place what it is called in messages
   * @param naming what it calls a value, such as {@code client_id}
   * @param folder where the paths in it start
   */
  LoginReader(String place, UnaryOperator<String> naming, Values values, Path folder) {
    this.place = place;
    this.naming = naming;
    this.values = values;
    this.folder = folder;
  }

  /** Reads from a JSON object. */
  static LoginReader ofJson(String place, String text, Path folder) throws SalesforceException {
    try {
      return ofJson(place, MAPPER.readTree(text), folder);
    } catch (JsonProcessingException e) {
      // Jackson's own message quotes the text.
      throw SalesforceException.configuration(
          String.format(
              "%s: expected a JSON object, found a mistake in line %d, column %d",
              place, e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    }
  }

  /** Reads from a JSON object. */
  static LoginReader ofJson(String place, JsonNode json, Path folder) throws SalesforceException {
    if (!json.isObject()) {
      throw SalesforceException.configuration(
          place + ": expected a JSON object, found another JSON value or nothing");
    }
    return new LoginReader(
        place, UnaryOperator.identity(), name -> json.path(name).textValue(), folder);
  }

  /** Returns the way to log in that the values are complete for; of two the signed one. */
  Login read() throws SalesforceException {
    String id = value("client_id");
    String secret = value("client_secret");
    String username = value("username");
    String file = value("private_key_file");
    String key = value("private_key");
    if (id != null && username != null && (file != null || key != null)) {
      String name = place + ", " + naming.apply(file == null ? "private_key" : "private_key_file");
      String pem = file == null ? key : SecretFiles.text(name, folder.resolve(file));
      return new SignedLogin(id, username, PrivateKeys.parse(name, pem));
    }
    if (id != null && secret != null) {
      return new ClientSecretLogin(id, secret);
    }
    throw SalesforceException.configuration(
        String.format(
            "%s: expected %s and %s, or %s, %s and %s, found %s",
            place,
            naming.apply("client_id"),
            naming.apply("client_secret"),
            naming.apply("client_id"),
            naming.apply("username"),
            naming.apply("private_key_file"),
            found()));
  }

  private String found() {
    String names =
        Stream.of("client_id", "client_secret", "username", "private_key_file", "private_key")
            .filter(name -> value(name) != null)
            .map(naming)
            .collect(Collectors.joining(", "));
    return names.isEmpty() ? "none of them" : names;
  }

  private @Nullable String value(String name) {
    String value = values.get(naming.apply(name));
    return value == null || value.isBlank() ? null : value.strip();
  }
}
