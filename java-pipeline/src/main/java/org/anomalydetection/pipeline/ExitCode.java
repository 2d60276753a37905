package org.anomalydetection.pipeline;

/** What the process ends with; {@code anomaly_detection.errors} has the same for Python. */
final class ExitCode {
  /** Everything was done. */
  static final int DONE = 0;

  /** The run failed; or everything was done and written, and no row could be scored. */
  static final int FAILED = 1;

  /** Options or input cannot be used. */
  static final int UNUSABLE = 2;

  /** Everything was done and written, and more rows are odd than {@code --alertAbove} allows. */
  static final int ALERT = 3;

  private ExitCode() {}
}
