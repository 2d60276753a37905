package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Updates a few records by one call, which takes a second where a job takes many calls and may take
 * minutes. Throws as {@link SalesforceClient} does.
 */
public final class RecordUpdates {
  /** How many records a call takes. */
  public static final int MOST = 200;

  private final Caller caller;

  RecordUpdates(Caller caller) {
    this.caller = caller;
  }

  /**
   * A record to be written.
   *
   * @param id its id
   * @param values by the names of fields, JSON's null for none
   */
  public record Update(String id, Map<String, JsonNode> values) {}

  /**
   * Why a record was not written.
   *
   * @param code such as {@code UNABLE_TO_LOCK_ROW}
   */
  public record Refused(String code, String message) {}

  /**
   * Updates records; one that is refused keeps no other from being written.
   *
   * @param object such as {@code Opportunity}
   * @param updates at most {@link #MOST}
   * @return what became of each, in their order: null if it was written
   */
  public List<@Nullable Refused> update(String object, List<Update> updates)
      throws SalesforceException, InterruptedException {
    ObjectNode body = Json.object().put("allOrNone", false);
    ArrayNode records = body.putArray("records");
    for (Update update : updates) {
      ObjectNode record = records.addObject();
      record.putObject("attributes").put("type", object);
      record.put("id", update.id());
      update.values().forEach(record::set);
    }
    return caller.call(
        Call.json("PATCH", caller.target("/composite/sobjects"), body),
        answer -> outcomes(answer, updates.size()));
  }

  private static List<@Nullable Refused> outcomes(Answer answer, int expected)
      throws SalesforceException {
    JsonNode results = Json.parsed(answer.body()).orElseGet(Json::object);
    if (!results.isArray() || results.size() != expected) {
      throw SalesforceException.broken(
          String.format(
              "expected what became of %d records, found %s",
              expected, results.isArray() ? "that of " + results.size() : "no list of JSON"),
          null);
    }
    List<@Nullable Refused> outcomes = new ArrayList<>();
    for (JsonNode result : results) {
      JsonNode error = result.path("errors").path(0);
      outcomes.add(
          result.path("success").asBoolean()
              ? null
              : new Refused(
                  error.path("statusCode").asText(),
                  error.path("statusCode").asText() + ": " + error.path("message").asText()));
    }
    return outcomes;
  }
}
