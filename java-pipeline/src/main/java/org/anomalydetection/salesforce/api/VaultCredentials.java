package org.anomalydetection.salesforce.api;

import java.net.URI;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Secrets in HashiCorp Vault. */
final class VaultCredentials extends Credentials {
  private static final long serialVersionUID = 1L;

  private final @Nullable URI address;
  private final String path;

  VaultCredentials(@Nullable URI address, String path) {
    this.address = address;
    this.path = path;
  }

  @Override
  Login login(Map<String, String> environment) throws SalesforceException {
    throw SalesforceException.configuration(toString() + ": not yet");
  }

  @Override
  public String toString() {
    return "Vault's " + path + (address == null ? "" : " at " + address);
  }
}
