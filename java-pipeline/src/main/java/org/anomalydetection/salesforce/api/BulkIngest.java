package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Writes records by jobs of Bulk API 2.0. Throws as {@link SalesforceClient} does. */
public final class BulkIngest {
  private final Caller caller;
  private final Retrying retrying;
  private final BulkJobs jobs;

  BulkIngest(Caller caller, Retrying retrying) {
    this.caller = caller;
    this.retrying = retrying;
    this.jobs = new BulkJobs(caller, "/jobs/ingest");
  }

  /**
   * Creates a job, gives it its data and lets it run. A job whose data did not arrive whole is
   * aborted, and the next try takes another one: a job takes data only once. So is one that may run
   * without its caller knowing, as after an interrupt.
   *
   * @param object such as {@code Opportunity}
   * @param operation {@code insert}, {@code update}, {@code upsert} or {@code delete}
   * @param externalId the field that {@code upsert} knows records by, null for others
   * @param csv UTF-8 with a header, lines ended by LF; at most 100 MB
   * @return the job, which Salesforce runs from now on
   */
  public BulkJob start(String object, String operation, @Nullable String externalId, byte[] csv)
      throws SalesforceException, InterruptedException {
    ObjectNode settings =
        Json.object()
            .put("object", object)
            .put("operation", operation)
            .put("contentType", "CSV")
            .put("columnDelimiter", "COMMA")
            .put("lineEnding", "LF");
    if (externalId != null) {
      settings.put("externalIdFieldName", externalId);
    }
    String id = retrying.call(() -> filled(settings, csv));
    try {
      return run(id);
    } catch (InterruptedException e) {
      abort(id, e);
      throw e;
    }
  }

  private BulkJob run(String id) throws SalesforceException, InterruptedException {
    try {
      return jobs.set(id, BulkJob.State.UPLOAD_COMPLETE);
    } catch (SalesforceException e) {
      return begun(id, e);
    }
  }

  /** Returns a job that was to run: the answer of an earlier try to start it may be lost. */
  private BulkJob begun(String id, SalesforceException refused)
      throws SalesforceException, InterruptedException {
    BulkJob job;
    try {
      job = jobs.get(id);
    } catch (SalesforceException e) {
      refused.addSuppressed(e);
      abort(id, refused);
      throw refused;
    }
    if (job.state() == BulkJob.State.OPEN) {
      abandon(id, refused);
      throw refused;
    }
    return job;
  }

  private void abort(String id, Exception why) throws InterruptedException {
    try {
      jobs.abort(id);
    } catch (SalesforceException e) {
      why.addSuppressed(e);
    }
  }

  /** Returns how far a job is. */
  public BulkJob job(String id) throws SalesforceException, InterruptedException {
    return jobs.get(id);
  }

  /** Returns the records that were written, with {@code sf__Id} and {@code sf__Created}, as CSV. */
  public byte[] successful(BulkJob job) throws SalesforceException, InterruptedException {
    return results(job, "successfulResults", job.recordsProcessed() - job.recordsFailed());
  }

  /** Returns the records that were not written, with {@code sf__Id} and {@code sf__Error}. */
  public byte[] failed(BulkJob job) throws SalesforceException, InterruptedException {
    return results(job, "failedResults", job.recordsFailed());
  }

  /** Ends a job; one that is over already is no error. */
  public void abort(String jobId) throws SalesforceException, InterruptedException {
    jobs.abort(jobId);
  }

  /** Deletes a job that is over, and its data; one that is gone already is no error. */
  public void delete(String jobId) throws SalesforceException, InterruptedException {
    jobs.delete(jobId);
  }

  private String filled(ObjectNode settings, byte[] csv)
      throws SalesforceException, InterruptedException {
    String id = jobs.createOnce(settings).id();
    try {
      caller.once(Call.putCsv(jobs.target(id) + "/batches", csv), Answer::status);
      return id;
    } catch (SalesforceException | InterruptedException e) {
      abandon(id, e);
      throw e;
    }
  }

  private void abandon(String id, Exception why) throws InterruptedException {
    try {
      jobs.abandon(id);
    } catch (SalesforceException e) {
      why.addSuppressed(e);
    }
  }

  private byte[] results(BulkJob job, String resource, long expected)
      throws SalesforceException, InterruptedException {
    return caller.call(
        csv(job, resource),
        answer -> {
          byte[] csv = Answers.csv(answer);
          long found = CsvRecordCount.of(csv);
          if (found != expected) {
            throw SalesforceException.broken(
                String.format("expected %d records in %s, found %d", expected, resource, found),
                null);
          }
          return csv;
        });
  }

  private Call csv(BulkJob job, String resource) {
    return Call.getCsv(jobs.target(job.id()) + "/" + resource);
  }
}
