package org.anomalydetection.pipeline;

import org.anomalydetection.csv.InputException;
import org.anomalydetection.database.DatabaseException;
import org.anomalydetection.engine.EngineException;
import org.anomalydetection.transform.ExpansionException;
import org.anomalydetection.transform.ServiceUnavailableException;

/**
 * What a user is told of an exception.
 *
 * @param exitCode one of {@link ExitCode}
 * @param message what was expected, what was found, and what to do
 */
record Failure(int exitCode, String message) {
  static Failure of(RuntimeException e) {
    if (e instanceof UsageException || e instanceof InputException) {
      return new Failure(ExitCode.UNUSABLE, e.getMessage());
    }
    if (e instanceof ExpansionException refused) {
      return new Failure(
          refused.isUnusableInput() ? ExitCode.UNUSABLE : ExitCode.FAILED, e.getMessage());
    }
    if (e instanceof EngineException
        || e instanceof ServiceUnavailableException
        || e instanceof DatabaseException
        || e instanceof RunException) {
      return new Failure(ExitCode.FAILED, e.getMessage());
    }
    return new Failure(ExitCode.FAILED, e.toString());
  }
}
