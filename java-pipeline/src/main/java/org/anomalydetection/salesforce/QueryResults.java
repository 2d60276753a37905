package org.anomalydetection.salesforce;

import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Results that wait to be read.
 *
 * @param window what they are of
 * @param jobId the bulk query that is over and holds them, null if REST is to be asked for them
 * @param records how many there are; not known before REST is asked, then 0
 */
record QueryResults(QueryWindow window, @Nullable String jobId, long records)
    implements Serializable {

  /** Returns results that REST is asked for. */
  static QueryResults byRest(QueryWindow window) {
    return new QueryResults(window, null, 0);
  }

  @Override
  public String toString() {
    return window + (jobId == null ? " by REST" : " by the bulk query " + jobId);
  }
}
