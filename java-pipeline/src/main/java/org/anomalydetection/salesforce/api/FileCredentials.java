package org.anomalydetection.salesforce.api;

import java.nio.file.Path;
import java.util.Map;

/** Secrets in a JSON file. */
final class FileCredentials extends Credentials {
  private static final long serialVersionUID = 1L;

  private final String path;

  FileCredentials(String path) {
    this.path = path;
  }

  @Override
  Login login(Map<String, String> environment) throws SalesforceException {
    Path file = Path.of(path).toAbsolutePath();
    return LoginReader.ofJson(toString(), SecretFiles.text(toString(), file), file.getParent())
        .read();
  }

  @Override
  public String toString() {
    return "the file " + path;
  }
}
