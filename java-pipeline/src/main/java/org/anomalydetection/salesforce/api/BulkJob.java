package org.anomalydetection.salesforce.api;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A job of Bulk API 2.0.
 *
 * @param id Salesforce's name for it
 * @param state how far it is
 * @param recordsProcessed records found, or taken in, so far
 * @param recordsFailed records that were not taken in; 0 for a query
 * @param errorMessage why it failed, null if it did not
 */
public record BulkJob(
    String id,
    State state,
    long recordsProcessed,
    long recordsFailed,
    @Nullable String errorMessage) {

  /** How far a job is. */
  public enum State {
    /** It waits for data. */
    OPEN("Open"),
    /** It waits to be run. */
    UPLOAD_COMPLETE("UploadComplete"),
    /** It runs. */
    IN_PROGRESS("InProgress"),
    /** It is done. */
    JOB_COMPLETE("JobComplete"),
    /** Salesforce has given it up. */
    FAILED("Failed"),
    /** Somebody has ended it. */
    ABORTED("Aborted");

    private final String word;

    State(String word) {
      this.word = word;
    }

    /** Returns Salesforce's word for it. */
    public String word() {
      return word;
    }
  }

  /** Tells whether the job will not change any more. */
  public boolean isOver() {
    return state.compareTo(State.JOB_COMPLETE) >= 0;
  }
}
