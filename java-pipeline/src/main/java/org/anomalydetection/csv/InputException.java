package org.anomalydetection.csv;

/**
 * An input that cannot be used at all, such as a missing file or a header without the id column.
 */
public final class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates the exception; the message says what was expected, what was found, and where. */
  public InputException(String message) {
    super(message);
  }

  /** Returns the exception of a file that is another one than when its reading began. */
  public static InputException changed(String path) {
    return new InputException("input " + path + " was changed while it was read");
  }

  /** Creates the exception with what lies behind it. */
  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
