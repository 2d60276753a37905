package org.anomalydetection.salesforce.api;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Secrets in the environment. */
final class EnvironmentCredentials extends Credentials {
  private static final long serialVersionUID = 1L;

  @Override
  Login login(Map<String, String> environment) throws SalesforceException {
    return new LoginReader(
            toString(),
            name -> "SALESFORCE_" + name.toUpperCase(Locale.ROOT),
            name -> environment.get(name),
            Path.of(""))
        .read();
  }

  @Override
  public String toString() {
    return "the environment";
  }
}
