package org.anomalydetection.salesforce.api;

/**
 * The calls of the whole org within 24 hours.
 *
 * @param used calls made, by whomever
 * @param allowed calls that the org may make
 */
public record ApiUsage(long used, long allowed) {
  /** Returns how many calls are left. */
  public long left() {
    return Math.max(0, allowed - used);
  }
}
