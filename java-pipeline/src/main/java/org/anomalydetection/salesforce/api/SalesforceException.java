package org.anomalydetection.salesforce.api;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Salesforce refused a call, or could not be reached. The message shows no secret. */
public final class SalesforceException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What can be done about it. */
  public enum Kind {
    /** The settings or the query must be changed, or a right is missing. */
    CONFIGURATION,
    /** The login was refused. */
    LOGIN,
    /** The org has no calls left today. */
    LIMIT,
    /** The org has no bulk jobs, or no bulk results, left today: REST queries go on. */
    BULK_LIMIT,
    /** Bulk queries cannot do this: REST queries can. */
    USE_REST,
    /** The query took too long: ask for less at a time. */
    QUERY_TIMEOUT,
    /** The answer has more bytes than are taken: ask for fewer records at a time. */
    TOO_LARGE,
    /** The pages of a query are no longer kept: query again. */
    LOCATOR,
    /** It may pass; it was tried again in vain. */
    TRANSIENT;

    private static final Set<Kind> PASSING =
        EnumSet.of(LIMIT, BULK_LIMIT, QUERY_TIMEOUT, LOCATOR, TRANSIENT);

    /** Tells whether the same may succeed another time, so that a run that follows goes on. */
    public boolean isPassing() {
      return PASSING.contains(this);
    }
  }

  private final Kind kind;
  private final int status;
  private final String code;
  private final Duration retryAfter;

  private SalesforceException(
      Kind kind,
      int status,
      String code,
      Duration retryAfter,
      String message,
      @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Salesforce has answered. */
  static SalesforceException answered(
      Kind kind, int status, String code, Duration retryAfter, String message) {
    return new SalesforceException(kind, status, code, retryAfter, message, null);
  }

  /** Something on this side has to be changed. */
  static SalesforceException configuration(String message) {
    return new SalesforceException(Kind.CONFIGURATION, 0, "", Duration.ZERO, message, null);
  }

  /** More came than is taken. */
  static SalesforceException tooLarge(String message) {
    return new SalesforceException(Kind.TOO_LARGE, 0, "", Duration.ZERO, message, null);
  }

  /** What came was cut or broken, or nothing came. */
  public static SalesforceException broken(String message, @Nullable Throwable cause) {
    return new SalesforceException(Kind.TRANSIENT, 0, "", Duration.ZERO, message, cause);
  }

  /** Returns the same with the call that was answered. */
  SalesforceException in(Call call) {
    return new SalesforceException(
        kind, status, code, retryAfter, call + ": " + getMessage(), getCause());
  }

  /** Returns the same for a caller who has tried several times. */
  SalesforceException after(int attempts) {
    String message = String.format("%s; tried %d times", getMessage(), attempts);
    return new SalesforceException(kind, status, code, retryAfter, message, getCause());
  }

  /** Returns what can be done about it. */
  public Kind kind() {
    return kind;
  }

  /** Returns the status of HTTP, 0 if there was no whole answer. */
  public int status() {
    return status;
  }

  /** Returns Salesforce's code, such as {@code INVALID_FIELD}; empty if there was none. */
  public String code() {
    return code;
  }

  /** Returns the wait that the answer asks for; zero if for none. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
