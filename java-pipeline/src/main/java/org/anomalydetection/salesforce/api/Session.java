package org.anomalydetection.salesforce.api;

import java.net.URI;

/**
 * A session that Salesforce has given.
 *
 * @param token what every call shows
 * @param instance the server that calls go to
 */
record Session(String token, URI instance) {
  @Override
  public String toString() {
    return "a session at " + instance;
  }
}
