package org.anomalydetection.cluster;

/** The end of a process that would hang, run out of memory or let everybody in. */
final class Refusal {
  private static final int EXIT_CODE = 1;

  private Refusal() {}

  /**
   * Ends the process at once, with a line on standard error.
   *
   * @param why what was expected and what was found
   */
  static void end(String why) {
    System.err.println("refusing to run: " + why);
    // A class may be in the middle of being loaded, for which an orderly end would wait.
    Runtime.getRuntime().halt(EXIT_CODE);
  }
}
