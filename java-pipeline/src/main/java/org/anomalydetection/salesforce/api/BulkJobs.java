package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import org.anomalydetection.salesforce.api.SalesforceException.Kind;

/** What jobs of Bulk API 2.0 have in common, queries and ingests. */
final class BulkJobs {
  private final Caller caller;
  private final String resource;

  BulkJobs(Caller caller, String resource) {
    this.caller = caller;
    this.resource = resource;
  }

  String target(String id) {
    return caller.target(resource) + "/" + Call.encoded(id);
  }

  BulkJob create(JsonNode settings) throws SalesforceException, InterruptedException {
    return caller.call(creation(settings), BulkJobs::job);
  }

  /** Creates a job for a caller who tries again. */
  BulkJob createOnce(JsonNode settings) throws SalesforceException, InterruptedException {
    return caller.once(creation(settings), BulkJobs::job);
  }

  BulkJob get(String id) throws SalesforceException, InterruptedException {
    return caller.call(Call.get(target(id)), BulkJobs::job);
  }

  /** Sets the state of a job and returns the job as it is then. */
  BulkJob set(String id, BulkJob.State state) throws SalesforceException, InterruptedException {
    return caller.call(change(id, state), BulkJobs::job);
  }

  /**
   * Aborts and deletes a job that never ran, without trying again: 7 days later it is gone anyway.
   */
  void abandon(String id) throws SalesforceException, InterruptedException {
    caller.once(change(id, BulkJob.State.ABORTED), BulkJobs::job);
    caller.once(Call.delete(target(id)), Answer::status);
  }

  void abort(String id) throws SalesforceException, InterruptedException {
    try {
      var unused = set(id, BulkJob.State.ABORTED);
    } catch (SalesforceException e) {
      // A job that is over is refused, also one that an earlier try has aborted.
      if (e.kind() != Kind.CONFIGURATION || !get(id).isOver()) {
        throw e;
      }
    }
  }

  void delete(String id) throws SalesforceException, InterruptedException {
    try {
      caller.call(Call.delete(target(id)), Answer::status);
    } catch (SalesforceException e) {
      if (e.status() != 404) {
        throw e;
      }
    }
  }

  private Call change(String id, BulkJob.State state) {
    return Call.json("PATCH", target(id), Json.object().put("state", state.word()));
  }

  private Call creation(JsonNode settings) {
    return Call.json("POST", caller.target(resource), settings);
  }

  private static BulkJob job(Answer answer) throws SalesforceException {
    JsonNode json = Answers.json(answer);
    String word = json.path("state").asText();
    BulkJob.State state =
        Arrays.stream(BulkJob.State.values())
            .filter(one -> one.word().equals(word))
            .findFirst()
            .orElseThrow(
                () ->
                    SalesforceException.broken(
                        "expected the state of a job, found '" + word + "'", null));
    if (!json.path("id").isTextual()) {
      throw SalesforceException.broken("expected the id of a job, found none", null);
    }
    return new BulkJob(
        json.path("id").asText(),
        state,
        json.path("numberRecordsProcessed").asLong(),
        json.path("numberRecordsFailed").asLong(),
        json.path("errorMessage").textValue());
  }
}
