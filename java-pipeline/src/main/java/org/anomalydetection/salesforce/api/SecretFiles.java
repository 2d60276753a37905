package org.anomalydetection.salesforce.api;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads files with secrets, of which errors show nothing. */
final class SecretFiles {
  private SecretFiles() {}

  /**
   * Returns the text of a file.
   *
   * @param name what the file is called in messages
   */
  static String text(String name, Path file) throws SalesforceException {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw SalesforceException.configuration(name + " cannot be read: " + reason(e));
    }
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (e instanceof AccessDeniedException) {
      return "this user may not";
    }
    return e instanceof CharacterCodingException ? "expected UTF-8" : "expected a file of text";
  }
}
