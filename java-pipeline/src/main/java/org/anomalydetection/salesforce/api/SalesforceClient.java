package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Calls Salesforce, for one or more threads. It logs in when it is first needed, and again when the
 * session has ended. What may pass is tried again as the connection's {@link Retries} say; all
 * waits can be interrupted.
 *
 * <p>All methods throw a {@link SalesforceException} if a call is refused, or fails too often.
 */
public final class SalesforceClient implements AutoCloseable {
  /** Its answer has a number and no records. */
  private static final Pattern COUNT = Pattern.compile("(?is)\\s*select\\s+count\\(\\s*\\).*");

  private final Connection connection;
  private final Caller caller;
  private final BulkJobs queries;
  private final BulkIngest ingest;
  private final RecordUpdates updates;

  private SalesforceClient(Connection connection, Caller caller, Retrying retrying) {
    this.connection = connection;
    this.caller = caller;
    this.queries = new BulkJobs(caller, "/jobs/query");
    this.ingest = new BulkIngest(caller, retrying);
    this.updates = new RecordUpdates(caller);
  }

  /** Opens a client that nobody listens to, without a call yet. */
  public static SalesforceClient open(Connection connection) {
    return open(connection, ApiListener.NONE);
  }

  /** Opens a client, without a call yet. */
  public static SalesforceClient open(Connection connection, ApiListener listener) {
    return open(
        connection, listener, System.getenv(), new Retrying(connection.retries(), listener));
  }

  static SalesforceClient open(
      Connection connection,
      ApiListener listener,
      Map<String, String> environment,
      Retrying retrying) {
    return new SalesforceClient(
        connection, new Caller(connection, environment, retrying, listener), retrying);
  }

  /** Returns the fields of an object, such as {@code Opportunity}. */
  public ObjectDescription describe(String object)
      throws SalesforceException, InterruptedException {
    String target = caller.target("/sobjects/" + Call.encoded(object) + "/describe");
    return caller.call(Call.get(target), answer -> ObjectDescription.of(Answers.json(answer)));
  }

  /** Queries by REST; returns the first page. */
  public QueryPage query(String soql, boolean includeDeleted)
      throws SalesforceException, InterruptedException {
    return query(soql, includeDeleted, connection.pageSize());
  }

  /**
   * Queries by REST; returns the first page.
   *
   * @param pageSize how many records a page has at most, 200 to 2,000; Salesforce may take fewer
   */
  public QueryPage query(String soql, boolean includeDeleted, int pageSize)
      throws SalesforceException, InterruptedException {
    String target = caller.target(includeDeleted ? "/queryAll" : "/query");
    boolean counts = COUNT.matcher(soql).matches();
    return caller.call(
        paged(target + "?q=" + Call.encoded(soql), pageSize),
        answer -> {
          QueryPage page = page(answer);
          if (page.done() && !counts && page.records().size() != page.totalSize()) {
            throw SalesforceException.broken(
                String.format(
                    "expected %d records on the only page, found %d",
                    page.totalSize(), page.records().size()),
                null);
          }
          return page;
        });
  }

  /**
   * Returns the page that {@link QueryPage#next} names. When it is the last one, the records of all
   * pages should be {@link QueryPage#totalSize}, which only the caller can know.
   */
  public QueryPage next(String nextRecordsUrl) throws SalesforceException, InterruptedException {
    if (!nextRecordsUrl.startsWith("/")) {
      throw SalesforceException.configuration(
          "the next page: expected a path of the same server, found another address");
    }
    return caller.call(Call.get(nextRecordsUrl), SalesforceClient::page);
  }

  /**
   * Starts a bulk query. If its answer is lost and the call made again, the first job stays behind
   * unread; Salesforce deletes it after 7 days.
   */
  public BulkJob createQueryJob(String soql, boolean includeDeleted)
      throws SalesforceException, InterruptedException {
    return queries.create(
        Json.object()
            .put("operation", includeDeleted ? "queryAll" : "query")
            .put("query", soql)
            .put("contentType", "CSV")
            .put("columnDelimiter", "COMMA")
            .put("lineEnding", "LF"));
  }

  /** Returns how far a bulk query is. */
  public BulkJob job(String id) throws SalesforceException, InterruptedException {
    return queries.get(id);
  }

  /**
   * Returns a page of the results of a bulk query.
   *
   * @param locator names the page, null for the first one
   * @param maxRecords how many records it has at most
   */
  public BulkPage results(String jobId, @Nullable String locator, int maxRecords)
      throws SalesforceException, InterruptedException {
    String target =
        queries.target(jobId)
            + "/results?maxRecords="
            + maxRecords
            + (locator == null ? "" : "&locator=" + Call.encoded(locator));
    return caller.call(Call.getCsv(target), Answers::csvPage);
  }

  /** Ends a bulk query; one that is over already is no error. */
  public void abort(String jobId) throws SalesforceException, InterruptedException {
    queries.abort(jobId);
  }

  /** Deletes a bulk query that is over, and its results; one that is gone already is no error. */
  public void delete(String jobId) throws SalesforceException, InterruptedException {
    queries.delete(jobId);
  }

  /** Returns the way to write records. */
  public BulkIngest ingest() {
    return ingest;
  }

  /**
   * Returns the time by Salesforce's clock, never ahead of it and behind it by a second or so; by
   * that of this machine if Salesforce does not tell. Before the first call it logs in.
   */
  public Instant now() throws SalesforceException, InterruptedException {
    return caller.now();
  }

  /** Returns the way to write a few records at once. */
  public RecordUpdates updates() {
    return updates;
  }

  /** Forgets the session; a call would log in again. */
  @Override
  public void close() {
    caller.close();
  }

  private static Call paged(String target, int pageSize) {
    return Call.get(target).withHeader("Sforce-Query-Options", "batchSize=" + pageSize);
  }

  private static QueryPage page(Answer answer) throws SalesforceException {
    JsonNode json = Answers.json(answer);
    JsonNode next = json.path("nextRecordsUrl");
    JsonNode done = json.path("done");
    if (!json.path("totalSize").isIntegralNumber()
        || !json.path("records").isArray()
        || !done.isBoolean()
        || done.asBoolean() == next.isTextual()) {
      throw SalesforceException.broken(
          "expected totalSize, done, records and, unless it is done, nextRecordsUrl in a page of a"
              + " query, found another JSON object",
          null);
    }
    List<JsonNode> records = new ArrayList<>();
    json.path("records").forEach(records::add);
    return new QueryPage(
        json.path("totalSize").asLong(),
        done.asBoolean(),
        records,
        next.textValue(),
        answer.body().length);
  }
}
