package org.anomalydetection.writeback;

import java.io.IOException;
import org.anomalydetection.salesforce.api.SalesforceException;

/** What is no reason to end a run that follows: its rows can be written back another time. */
final class Passing {
  private Passing() {}

  static boolean is(IOException e) {
    return e instanceof WriteBackException
        || (e instanceof SalesforceException one && one.kind().isPassing());
  }
}
