package org.anomalydetection.engine;

/**
 * A server of the run did not start, or ended before the run did. The message ends with its log.
 */
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EngineException(String message) {
    super(message);
  }

  EngineException(String message, Throwable cause) {
    super(message, cause);
  }
}
