package org.anomalydetection.csv;

/** A file whose quotes do not close, so that its records cannot be told apart any more. */
public final class CsvSyntaxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CsvSyntaxException(String message) {
    super(message);
  }
}
