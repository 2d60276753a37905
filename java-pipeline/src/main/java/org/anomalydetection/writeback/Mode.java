package org.anomalydetection.writeback;

/** What becomes of the values that differ. */
public enum Mode {
  /** They are only told of. */
  PREVIEW,
  /** They are written. */
  APPLY
}
