package org.anomalydetection.salesforce;

import java.io.IOException;

/** Salesforce answered, but not with what it should have; nothing of it was taken. */
public final class ReadException extends IOException {
  private static final long serialVersionUID = 1L;

  ReadException(String message) {
    super(message);
  }

  ReadException(String message, Throwable cause) {
    super(message, cause);
  }
}
