package org.anomalydetection.salesforce.api;

import java.io.IOException;

/** Salesforce refused a call, or could not be reached. The message says what to do about it. */
public final class SalesforceException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What can be done about it. */
  public enum Kind {
    /** The settings or the query must be changed; or a right is missing. */
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
    /** The pages of a query are no longer kept: query again. */
    LOCATOR,
    /** It may pass; it was tried again in vain. */
    TRANSIENT
  }

  private final Kind kind;
  private final int status;
  private final String code;

  SalesforceException(Kind kind, int status, String code, String message) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.code = code;
  }

  static SalesforceException configuration(String message) {
    return new SalesforceException(Kind.CONFIGURATION, 0, "", message);
  }

  /** Returns what can be done about it. */
  public Kind kind() {
    return kind;
  }

  /** Returns the status of HTTP, 0 if there was no answer. */
  public int status() {
    return status;
  }

  /** Returns Salesforce's code, such as {@code INVALID_FIELD}; empty if there was none. */
  public String code() {
    return code;
  }
}
