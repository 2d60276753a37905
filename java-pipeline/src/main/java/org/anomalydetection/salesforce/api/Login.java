package org.anomalydetection.salesforce.api;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** A way to log in, with its secrets: what it writes of itself must not have them. */
interface Login {
  /**
   * Returns the fields of the form that asks for a session.
   *
   * @param audience who a signed login is for
   * @param now the time
   */
  Map<String, String> form(URI audience, Instant now);

  /** Returns which fields of the form no message may show. */
  List<String> secrets();
}
