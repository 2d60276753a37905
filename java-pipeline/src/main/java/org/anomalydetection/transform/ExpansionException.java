package org.anomalydetection.transform;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Python transform refused to be built: its message, without the traceback around it. */
public final class ExpansionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final String TRACEBACK = "Traceback (most recent call last):";
  private static final Pattern RAISED =
      Pattern.compile("^(?<type>[A-Za-z_][\\w.]*)(?:: (?<message>.*))?\\z", Pattern.DOTALL);

  private final String pythonType;

  private ExpansionException(String pythonType, String message, Throwable cause) {
    super(message, cause);
    this.pythonType = pythonType;
  }

  /** Returns the exception that an expansion service's answer tells of. */
  static ExpansionException of(String answer, Throwable cause) {
    // Chained exceptions stand one after the other, the outermost last.
    String last = answer.substring(Math.max(0, answer.lastIndexOf(TRACEBACK))).strip();
    String raised =
        last.lines()
            .skip(last.startsWith(TRACEBACK) ? 1 : 0)
            .dropWhile(line -> last.startsWith(TRACEBACK) && line.startsWith(" "))
            .reduce((a, b) -> a + "\n" + b)
            .orElse(last);
    Matcher matcher = RAISED.matcher(raised);
    if (!matcher.matches() || matcher.group("message") == null) {
      return new ExpansionException("", raised, cause);
    }
    return new ExpansionException(matcher.group("type"), matcher.group("message"), cause);
  }

  /** Returns the full name of the Python exception, empty when there was none. */
  public String pythonType() {
    return pythonType;
  }

  /** Tells whether the options, the model or the columns are at fault, and not the service. */
  public boolean isUnusableInput() {
    return pythonType.startsWith("anomaly_detection.") && !pythonType.endsWith(".ServiceError");
  }
}
