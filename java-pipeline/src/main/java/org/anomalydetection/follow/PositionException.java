package org.anomalydetection.follow;

/** A saved position that cannot be used, or not by this run. */
public final class PositionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PositionException(String message) {
    super(message);
  }

  PositionException(String message, Throwable cause) {
    super(message, cause);
  }
}
