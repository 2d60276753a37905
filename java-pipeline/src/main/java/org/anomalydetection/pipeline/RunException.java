package org.anomalydetection.pipeline;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.csv.CsvSyntaxException;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.engine.Engine;

/** A run that failed after it had begun. */
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Our own exceptions, as they stand in the text of an error that a runner passes on. */
  private static final Pattern OURS =
      Pattern.compile(
          "(?:"
              + Pattern.quote(CsvSyntaxException.class.getName())
              + "|"
              + Pattern.quote(InputException.class.getName())
              + "|anomaly_detection\\.errors\\.\\w+): (?<message>[^\\n]+)");

  RunException(String message) {
    super(message);
  }

  RunException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Returns the failure of a job: our own message where there is one, or all that is known. */
  static RunException of(RuntimeException e, Engine engine) {
    String text = String.valueOf(e.getMessage());
    Matcher ours = OURS.matcher(text);
    return ours.find()
        ? new RunException(ours.group("message"), e)
        : new RunException(
            String.format("the job failed; logs are in %s: %s", engine.keepLogs(), text), e);
  }
}
