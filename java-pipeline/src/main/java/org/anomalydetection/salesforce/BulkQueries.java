package org.anomalydetection.salesforce;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.anomalydetection.salesforce.api.BulkJob;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has Salesforce run bulk queries to their end, and says where their results are. */
final class BulkQueries {
  private static final Logger LOG = LoggerFactory.getLogger(BulkQueries.class);

  /** Salesforce itself has tried many times before it gives a query up. */
  private static final int ATTEMPTS = 3;

  private static final Duration FIRST_POLL = Duration.ofMillis(200);
  private static final Duration LONGEST_POLL = Duration.ofSeconds(15);
  private static final String TIMEOUT = "QUERY_TIMEOUT";

  private final SalesforceClient client;
  private final SalesforceClient hasty;
  private final RowQuery query;
  private final Duration limit;
  private final ReadMetrics metrics;

  /** The bulk queries whose results nobody has been given for good. */
  private final Set<String> open = new LinkedHashSet<>();

  /**
   * @param hasty a client for what may fail: what is left of queries that nobody reads
   * @param limit how long a query may take
   */
  BulkQueries(
      SalesforceClient client,
      SalesforceClient hasty,
      RowQuery query,
      Duration limit,
      ReadMetrics metrics) {
    this.client = client;
    this.hasty = hasty;
    this.query = query;
    this.limit = limit;
    this.metrics = metrics;
  }

  /** How a bulk query began. */
  private enum Begin {
    RUNNING,
    /** Only REST can answer, or may today. */
    NOT_IN_BULK,
    TOO_LONG
  }

  /**
   * A bulk query that was begun.
   *
   * @param job null unless it is running
   */
  record Begun(QueryWindow window, Begin begin, @Nullable BulkJob job) {}

  /** Begins the bulk query of a window, of which several may run at a time. */
  Begun begin(QueryWindow window) throws SalesforceException, InterruptedException {
    try {
      BulkJob job = client.createQueryJob(query.soql(window), query.includeDeleted());
      open.add(job.id());
      metrics.job();
      return new Begun(window, Begin.RUNNING, job);
    } catch (SalesforceException e) {
      return switch (e.kind()) {
        case BULK_LIMIT, USE_REST -> {
          LOG.warn("{}: REST is used, since bulk queries cannot be: {}", window, e.getMessage());
          yield new Begun(window, Begin.NOT_IN_BULK, null);
        }
        case QUERY_TIMEOUT -> new Begun(window, Begin.TOO_LONG, null);
        default -> throw e;
      };
    }
  }

  /**
   * Waits for the end of a bulk query and hands over its results, or those of queries that take its
   * place.
   *
   * @throws ReadException if Salesforce gives the query up, or does not end it in time
   */
  void end(Begun begun, Consumer<QueryResults> results)
      throws SalesforceException, ReadException, InterruptedException {
    end(begun, false, results);
  }

  /**
   * @param inOrder whether what is newer has to be asked for later
   * @return whether what is newer is among the results too
   */
  private boolean end(Begun begun, boolean inOrder, Consumer<QueryResults> results)
      throws SalesforceException, ReadException, InterruptedException {
    QueryWindow window = begun.window();
    for (int attempt = 1; ; attempt++) {
      switch (begun.begin()) {
        case NOT_IN_BULK -> {
          if (window.end() == null || inOrder) {
            // REST answers later, and so has to for all that is newer.
            results.accept(QueryResults.byRest(new QueryWindow(window.start(), null)));
            return true;
          }
          if (!restAnswers(window)) {
            return divide(window, inOrder, results);
          }
          results.accept(QueryResults.byRest(window));
          return false;
        }
        case TOO_LONG -> {
          return divide(window, inOrder, results);
        }
        case RUNNING -> {
          BulkJob job = await(begun.job(), window);
          if (job.state() == BulkJob.State.JOB_COMPLETE) {
            results.accept(new QueryResults(window, job.id(), job.recordsProcessed()));
            return false;
          }
          begun = again(job, window, attempt);
        }
      }
    }
  }

  private Begun again(BulkJob job, QueryWindow window, int attempt)
      throws SalesforceException, ReadException, InterruptedException {
    String message = String.valueOf(job.errorMessage());
    if (message.contains(TIMEOUT)) {
      delete(job.id());
      return new Begun(window, Begin.TOO_LONG, null);
    }
    if (job.state() == BulkJob.State.ABORTED || attempt == ATTEMPTS) {
      throw new ReadException(
          String.format(
              "the bulk query %s of %s: expected the state %s, found %s after %d attempts: %s",
              job.id(),
              window,
              BulkJob.State.JOB_COMPLETE.word(),
              job.state().word(),
              attempt,
              message));
    }
    LOG.warn("the bulk query {} of {} failed and is begun again: {}", job.id(), window, message);
    delete(job.id());
    metrics.retry();
    return begin(window);
  }

  /** Tells whether REST does not take too long for a window, while that can still be divided. */
  private boolean restAnswers(QueryWindow window) throws SalesforceException, InterruptedException {
    try {
      client.query(query.soql(window), query.includeDeleted());
      return true;
    } catch (SalesforceException e) {
      return switch (e.kind()) {
        case QUERY_TIMEOUT -> false;
        // Smaller pages are asked for when they are read.
        case TOO_LARGE -> true;
        default -> throw e;
      };
    }
  }

  /**
   * Asks for one half after the other: a record that is changed meanwhile moves from the older one
   * to the newer one, so it may come twice but not get lost.
   *
   * @return whether what is newer is among the results too
   */
  private boolean divide(QueryWindow window, boolean inOrder, Consumer<QueryResults> results)
      throws SalesforceException, ReadException, InterruptedException {
    List<QueryWindow> smaller = query.smaller(window);
    if (smaller.size() == 1) {
      throw new ReadException(
          String.format(
              "the query of %s took Salesforce too long, and cannot be divided; ask for less",
              window));
    }
    metrics.retry();
    for (QueryWindow half : smaller) {
      if (end(begin(half), inOrder || window.end() == null, results)) {
        return true;
      }
    }
    return false;
  }

  private BulkJob await(BulkJob begun, QueryWindow window)
      throws SalesforceException, ReadException, InterruptedException {
    long begin = System.nanoTime();
    Duration poll = FIRST_POLL;
    BulkJob job = begun;
    while (!job.isOver()) {
      if (System.nanoTime() - begin > limit.toNanos()) {
        throw new ReadException(
            String.format(
                "the bulk query %s of %s: expected it to end within %s, found it in the state %s;"
                    + " it is aborted",
                job.id(), window, limit, job.state().word()));
      }
      Thread.sleep(poll.toMillis());
      poll = poll.multipliedBy(2).compareTo(LONGEST_POLL) < 0 ? poll.multipliedBy(2) : LONGEST_POLL;
      job = client.job(job.id());
    }
    return job;
  }

  /** Keeps the bulk queries that were begun: their results were handed over for good. */
  void keep() {
    open.clear();
  }

  /** Ends and deletes the bulk queries that were begun, as far as Salesforce lets it. */
  void drop() throws InterruptedException {
    for (String id : List.copyOf(open)) {
      try {
        hasty.abort(id);
      } catch (SalesforceException e) {
        LOG.warn("the bulk query {} cannot be ended: {}", id, e.getMessage());
      }
      delete(id);
    }
  }

  private void delete(String id) throws InterruptedException {
    open.remove(id);
    try {
      hasty.delete(id);
    } catch (SalesforceException e) {
      LOG.warn("the bulk query {} is left to Salesforce: {}", id, e.getMessage());
    }
  }
}
