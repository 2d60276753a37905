package org.anomalydetection.follow;

/** A window that cannot be committed, since rows of it went missing or came twice. */
public final class WindowException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  WindowException(String message) {
    super(message);
  }
}
