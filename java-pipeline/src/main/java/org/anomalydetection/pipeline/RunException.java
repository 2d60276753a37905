package org.anomalydetection.pipeline;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.csv.CsvSyntaxException;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.database.DatabaseException;
import org.anomalydetection.engine.Engine;
import org.anomalydetection.follow.PositionException;
import org.anomalydetection.follow.WindowException;
import org.anomalydetection.salesforce.ReadException;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.writeback.WriteBackException;

/** A run that failed after it had begun. */
public final class RunException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Our own exceptions, as they stand in the text of an error that a runner passes on. */
  private static final Pattern OURS =
      Pattern.compile(
          "(?:"
              + Pattern.quote(CsvSyntaxException.class.getName())
              + "|"
              + Pattern.quote(DatabaseException.class.getName())
              + "|"
              + Pattern.quote(InputException.class.getName())
              + "|"
              + Pattern.quote(PositionException.class.getName())
              + "|"
              + Pattern.quote(ReadException.class.getName())
              + "|"
              + Pattern.quote(SalesforceException.class.getName())
              + "|"
              + Pattern.quote(WindowException.class.getName())
              + "|"
              + Pattern.quote(WriteBackException.class.getName())
              + "|anomaly_detection\\.errors\\.\\w+): (?<message>[^\\n]+)");

  /** What a system says where nothing more can be written. */
  private static final Pattern FULL =
      Pattern.compile("No space left on device|Disk quota exceeded");

  /** What Prism says when a worker is gone, of which it notices one or the other first. */
  private static final Pattern LOST =
      Pattern.compile("SDK worker disconnected[^\\n]*|send on closed channel");

  /** What is said where a process of a cluster, or a pool of workers, is gone. */
  private static final Pattern GONE =
      Pattern.compile(
          "(?m)^.*?Connection refused.*|Could not find Flink job.*|\\AUNAVAILABLE.*"
              + "|^.*IllegalStateException: (?:call is closed|"
              + "expected a worker to send elements to, found it gone)$");

  /** Some runners put whole rows into the text of an error. */
  private static final int MOST_CHARACTERS = 4000;

  RunException(String message) {
    super(message);
  }

  RunException(String message, Throwable cause) {
    super(message, cause);
  }

  /**
   * Returns the failure of a job: our own message where there is one, or all that is known.
   *
   * @param cluster the job service of a cluster, nothing if the job ran elsewhere
   */
  static RunException of(RuntimeException e, Engine engine, Optional<String> cluster) {
    String text = String.valueOf(e.getMessage());
    Matcher ours = OURS.matcher(text);
    if (ours.find()) {
      return new RunException(ours.group("message"), e);
    }
    Matcher full = FULL.matcher(text);
    if (full.find()) {
      return new RunException(
          String.format(
              "the job failed: expected room for the output and for the engine's temporary files,"
                  + " found none (%s); make room and run again",
              full.group()),
          e);
    }
    Matcher lost = LOST.matcher(text);
    if (lost.find()) {
      return new RunException(
          String.format(
              "the job failed: expected the Python worker to work to the end, found it gone (%s);"
                  + " see why in the log of the expansion service or of its worker pool, and run"
                  + " again; other logs are in %s",
              lost.group(), engine.keepLogs()),
          e);
    }
    Matcher gone = GONE.matcher(text);
    if (cluster.isPresent() && gone.find()) {
      return new RunException(
          String.format(
              "the job failed: expected the job service at %s, its cluster and the pools of workers"
                  + " to be there to the end, found one gone (%s); their logs say which",
              cluster.get(), shortened(gone.group().strip())),
          e);
    }
    return new RunException(
        String.format("the job failed; logs are in %s: %s", engine.keepLogs(), shortened(text)), e);
  }

  /**
   * Returns the failure of ours that an exception or one of its causes tells of, such as of rows
   * that went missing; nothing where it tells of the engine alone, which may just be ending.
   */
  static Optional<RunException> ofOurs(RuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      Matcher ours = OURS.matcher(cause.toString());
      if (ours.find()) {
        return Optional.of(new RunException(ours.group("message"), e));
      }
    }
    return Optional.empty();
  }

  private static String shortened(String text) {
    return text.length() <= MOST_CHARACTERS
        ? text
        : String.format(
            "%s… (%d characters more)",
            text.substring(0, MOST_CHARACTERS), text.length() - MOST_CHARACTERS);
  }
}
