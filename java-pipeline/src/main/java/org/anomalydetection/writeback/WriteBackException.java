package org.anomalydetection.writeback;

import java.io.IOException;

/** Values cannot be written back now. The message says what was expected and found. */
public final class WriteBackException extends IOException {
  private static final long serialVersionUID = 1L;

  WriteBackException(String message) {
    super(message);
  }
}
