package org.anomalydetection.pipeline;

import org.anomalydetection.csv.InputException;
import org.anomalydetection.engine.EngineException;
import org.anomalydetection.transform.ExpansionException;
import org.anomalydetection.transform.ServiceUnavailableException;

/**
 * What a user is told of an exception.
 *
 * @param exitCode 1 the run failed, 2 options or input that cannot be used
 * @param message what was expected, what was found, and what to do
 */
record Failure(int exitCode, String message) {
  private static final int FAILED = 1;
  private static final int UNUSABLE = 2;

  static Failure of(RuntimeException e) {
    if (e instanceof UsageException || e instanceof InputException) {
      return new Failure(UNUSABLE, e.getMessage());
    }
    if (e instanceof ExpansionException refused) {
      return new Failure(refused.isUnusableInput() ? UNUSABLE : FAILED, e.getMessage());
    }
    if (e instanceof EngineException
        || e instanceof ServiceUnavailableException
        || e instanceof RunException) {
      return new Failure(FAILED, e.getMessage());
    }
    return new Failure(FAILED, e.toString());
  }
}
