package org.anomalydetection.columns;

/** A block is not of the form of {@code contract/columns.md}: whoever sent it is at fault. */
public final class MalformedBlockException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  MalformedBlockException(String message) {
    super(message);
  }
}
