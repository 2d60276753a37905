package org.anomalydetection.engine;

/** What is done when the JVM is told to end, such as by SIGINT or SIGTERM, until it is removed. */
public final class ShutdownHook {
  private final Thread thread;

  /**
   * Makes one that is not in effect yet.
   *
   * @param name that of the thread which does it
   */
  public ShutdownHook(String name, Runnable task) {
    this.thread = new Thread(task, name);
  }

  /**
   * Puts it into effect.
   *
   * @throws IllegalStateException if the JVM is ending
   */
  public void add() {
    Runtime.getRuntime().addShutdownHook(thread);
  }

  /** Removes it, unless the JVM is ending: then it is done, or has been. */
  public void remove() {
    try {
      Runtime.getRuntime().removeShutdownHook(thread);
    } catch (IllegalStateException e) {
      // The JVM is ending.
    }
  }
}
