package org.anomalydetection.columns;

/**
 * A text holds half of a surrogate pair, for which there is no UTF-8. {@link BadText} says more.
 */
final class UnsendableTextException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnsendableTextException() {
    super("half of a surrogate pair", null, false, false);
  }
}
