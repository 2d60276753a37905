package org.anomalydetection.salesforce.api;

import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Calls Salesforce, for one or more threads. It logs in when it is first needed, and again when the
 * session has ended. What may pass is tried again as the connection's {@link Retries} say; all
 * waits can be interrupted.
 *
 * <p>All methods throw a {@link SalesforceException} if a call is refused, or fails too often.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class SalesforceClient implements AutoCloseable {
  private SalesforceClient() {}

  /** Opens a client that nobody listens to. */
  public static SalesforceClient open(Connection connection) {
    return open(connection, ApiListener.NONE);
  }

  /** Opens a client, without a call yet. */
  public static SalesforceClient open(Connection connection, ApiListener listener) {
    throw new UnsupportedOperationException();
  }

  /** Returns the fields of an object, such as {@code Opportunity}. */
  public ObjectDescription describe(String object)
      throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** Queries by REST; returns the first page. */
  public QueryPage query(String soql, boolean includeDeleted)
      throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** Returns the page that {@link QueryPage#next} names. */
  public QueryPage next(String nextRecordsUrl) throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** Starts a bulk query. */
  public BulkJob createQueryJob(String soql, boolean includeDeleted)
      throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** Returns how far a bulk query is. */
  public BulkJob job(String id) throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /**
   * Returns a page of the results of a bulk query.
   *
   * @param locator names the page, null for the first one
   * @param maxRecords how many records it has at most
   */
  public BulkPage results(String jobId, @Nullable String locator, int maxRecords)
      throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** Ends a bulk query that is not over. */
  public void abort(String jobId) throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** Deletes a bulk query that is over, and its results; one that is gone already is no error. */
  public void delete(String jobId) throws SalesforceException, InterruptedException {
    throw new UnsupportedOperationException();
  }

  /** Returns the calls that are left, as the last answer had it; empty before the first one. */
  public Optional<ApiUsage> usage() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
