package org.anomalydetection.pipeline;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.csv.CsvSyntaxException;
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

  /** Our own exceptions, as they stand in the text of an error that a runner passes on. */
  private static final Pattern OURS =
      Pattern.compile(
          "(?:"
              + Pattern.quote(CsvSyntaxException.class.getName())
              + "|"
              + Pattern.quote(InputException.class.getName())
              + "): ([^\\n]+)");

  static Failure of(RuntimeException e) {
    if (e instanceof UsageException || e instanceof InputException) {
      return new Failure(UNUSABLE, e.getMessage());
    }
    if (e instanceof ExpansionException refused) {
      boolean unusable =
          refused.pythonType().startsWith("anomaly_detection.")
              && !refused.pythonType().endsWith(".ServiceError");
      return new Failure(unusable ? UNUSABLE : FAILED, e.getMessage());
    }
    if (e instanceof EngineException
        || e instanceof ServiceUnavailableException
        || e instanceof RunException) {
      return new Failure(FAILED, e.getMessage());
    }
    Matcher ours = OURS.matcher(e.toString());
    return new Failure(FAILED, ours.find() ? ours.group(1) : e.toString());
  }
}
