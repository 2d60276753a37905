package org.anomalydetection.writeback;

import java.io.IOException;
import org.anomalydetection.salesforce.api.SalesforceException;

/**
 * Failures of a write-back that may be gone at the next attempt, such as an org without calls left.
 * They do not end a run with {@code --follow}: the rows concerned become errors, and the run goes
 * on.
 */
final class Passing {
  private Passing() {}

  /** Tells whether a failure is one of them. */
  static boolean is(IOException e) {
    return e instanceof WriteBackException
        || (e instanceof SalesforceException one && one.kind().isPassing());
  }
}
