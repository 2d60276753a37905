package org.anomalydetection.writeback;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;

/** What is no reason to end a run that follows: its rows can be written back another time. */
final class Passing {
  private static final Set<Kind> KINDS = EnumSet.of(Kind.LIMIT, Kind.BULK_LIMIT, Kind.TRANSIENT);

  private Passing() {}

  static boolean is(IOException e) {
    return e instanceof WriteBackException
        || (e instanceof SalesforceException one && KINDS.contains(one.kind()));
  }
}
