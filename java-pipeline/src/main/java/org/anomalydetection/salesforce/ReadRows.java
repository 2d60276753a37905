package org.anomalydetection.salesforce;

import static org.apache.beam.sdk.values.TypeDescriptors.strings;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.Impulse;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Redistribute;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads the records of an object, or those of a query, as rows: once, or as they change. Immutable.
 *
 * <ul>
 *   <li><b>Once</b>, by Bulk API 2.0: a query of somebody's own; all records; or those that were
 *       changed before an end that has passed. Every record comes once. With {@link #withWindow} it
 *       is divided into windows, whose queries and pages any worker may read.
 *   <li><b>Following</b>, by REST: with a start, and no end or one that is still to come. Every
 *       change comes at least once, at its time; {@link DistinctVersions} removes what comes again.
 * </ul>
 *
 * <p>What is read once and has an end is what was not changed since: a record that is changed while
 * others are read has left its window, and belongs to what is read next. Without an end a record is
 * read as it was when the query began; where Salesforce takes too long, so that the bulk query is
 * halved, one that is changed between the halves may come twice. Where REST has to answer and takes
 * too long for all, they are read in the order of their ids, each once, as it is then.
 */
public final class ReadRows extends PTransform<PBegin, ReadResult> {
  private static final long serialVersionUID = 1L;

  /** Each window is a bulk query, of which an org has 10,000 a day for all that it does. */
  public static final int MOST_WINDOWS = 1000;

  /** How long Salesforce is given until all changes show, unless told otherwise. */
  public static final Duration LAG = Duration.ofMinutes(5);

  /** How long to wait for more to read, unless told otherwise. */
  public static final Duration POLL_INTERVAL = Duration.ofSeconds(30);

  /** How long Salesforce may fail while it is followed, unless told otherwise. */
  public static final Duration OUTAGE_LIMIT = Duration.ofMinutes(30);

  /** How long a bulk query may take, unless told otherwise. */
  public static final Duration JOB_TIMEOUT = Duration.ofHours(2);

  /** What moves whenever a record is changed, by whomever. */
  public static final String CURSOR_FIELD = "SystemModstamp";

  static final ReadRows DEFAULT = new ReadRows();

  private static final Duration FOLLOWED_WINDOW = Duration.ofHours(1);

  private @Nullable Connection connection;
  private @Nullable String query;
  private @Nullable String object;
  private @Nullable Fields fields;
  private List<String> paths = List.of();
  private String cursorField = CURSOR_FIELD;
  private @Nullable Instant start;
  private @Nullable Instant end;
  private @Nullable Duration window;
  private Duration lag = LAG;
  private Duration pollInterval = POLL_INTERVAL;
  private Duration outageLimit = OUTAGE_LIMIT;
  private Duration jobTimeout = JOB_TIMEOUT;
  private boolean includeDeleted;

  private ReadRows() {}

  private ReadRows with(Consumer<ReadRows> change) {
    ReadRows copy = new ReadRows();
    copy.connection = connection;
    copy.query = query;
    copy.object = object;
    copy.fields = fields;
    copy.paths = paths;
    copy.cursorField = cursorField;
    copy.start = start;
    copy.end = end;
    copy.window = window;
    copy.lag = lag;
    copy.pollInterval = pollInterval;
    copy.outageLimit = outageLimit;
    copy.jobTimeout = jobTimeout;
    copy.includeDeleted = includeDeleted;
    change.accept(copy);
    return copy;
  }

  /** Reads from an org. */
  public ReadRows withConnection(Connection org) {
    return with(copy -> copy.connection = org);
  }

  /** Reads what a query finds, which selects fields by their names. */
  public ReadRows withQuery(String soql) {
    return with(copy -> copy.query = soql);
  }

  /** Reads an object, such as Opportunity. */
  public ReadRows from(String name) {
    return with(copy -> copy.object = name);
  }

  /**
   * Reads fields by their paths, such as Account.Industry, into columns of those names; Salesforce
   * is asked for their types while the pipeline is built. The id is one of them.
   */
  public ReadRows withFields(String... names) {
    return with(copy -> copy.paths = List.of(names));
  }

  /** Reads fields into columns; with a query, fields that it selects. */
  public ReadRows withFields(Fields columns) {
    return with(copy -> copy.fields = columns);
  }

  /** Goes by another field than {@link #CURSOR_FIELD} in time. */
  public ReadRows withCursorField(String name) {
    return with(copy -> copy.cursorField = name);
  }

  /** Reads what was changed from a time on. */
  public ReadRows withStart(Instant time) {
    return with(copy -> copy.start = time);
  }

  /** Reads what was changed before a time; without it a start is followed for good. */
  public ReadRows withEnd(Instant time) {
    return with(copy -> copy.end = time);
  }

  /** Reads windows of at most a length at a time; by default it is all in one, read once. */
  public ReadRows withWindow(Duration length) {
    return with(copy -> copy.window = length);
  }

  /**
   * Stays so far behind Salesforce's clock, so that all changes show: what is followed, and what is
   * read once up to an end, which is asked for when the end is so far behind. What is read without
   * an end is what shows when it is asked for.
   */
  public ReadRows withLag(Duration time) {
    return with(copy -> copy.lag = time);
  }

  /** Looks for more so often; following only. */
  public ReadRows withPollInterval(Duration time) {
    return with(copy -> copy.pollInterval = time);
  }

  /**
   * Waits for so long while Salesforce cannot be read: it is down, has no calls left, or does not
   * keep a query's pages. When it has failed for longer without a break, the read fails; following
   * only.
   */
  public ReadRows withOutageLimit(Duration time) {
    return with(copy -> copy.outageLimit = time);
  }

  /** Gives a bulk query up after a time. */
  public ReadRows withJobTimeout(Duration time) {
    return with(copy -> copy.jobTimeout = time);
  }

  /** Reads deleted records too; the field IsDeleted tells. */
  public ReadRows withIncludeDeleted(boolean include) {
    return with(copy -> copy.includeDeleted = include);
  }

  /**
   * Adds the steps to a pipeline.
   *
   * @throws IllegalArgumentException if what was asked for does not go together, or Salesforce does
   *     not know the fields
   */
  @Override
  public ReadResult expand(PBegin input) {
    require(connection != null, "withConnection");
    require((query == null) != (object == null), "either withQuery or from");
    require(query == null || (start == null && end == null), "no withStart or withEnd of a query");
    require(start == null || end == null || start.isBefore(end), "withStart before withEnd");
    require(window == null || window.toMillis() > 0, "withWindow of at least a millisecond");
    require(!lag.isNegative(), "withLag not below 0");
    Fields read = fields == null ? asking(this::described) : fields;
    RowQuery asked =
        query == null
            ? RowQuery.of(Soql.object(object), read, cursor(), includeDeleted)
            : RowQuery.of(query, read, includeDeleted);
    return isFollowing() ? follow(input, asked, read) : readOnce(input, asked, read);
  }

  private static void require(boolean condition, String expected) {
    if (!condition) {
      throw new IllegalArgumentException("SalesforceIO.readRows(): expected " + expected);
    }
  }

  /** Tells whether the rows have an end that does not show yet. */
  public boolean isFollowing() {
    return start != null && (end == null || end.isAfter(Instant.now().minus(lag)));
  }

  private Fields described(Describer describer) throws SalesforceException, InterruptedException {
    Soql.Parts parts = query == null ? new Soql.Parts(object, paths) : Soql.parse(query);
    Map<String, @Nullable String> byName = new LinkedHashMap<>();
    for (String path : parts.paths()) {
      byName.put(describer.find(parts.object(), Soql.path(path)).path(), path);
    }
    return Fields.described(describer, parts.object(), byName, Soql.ID, Map.of());
  }

  /** Returns the cursor as Salesforce spells it, which is how its answers name it. */
  private String cursor() {
    return cursorField.equals(CURSOR_FIELD)
        ? cursorField
        : asking(describer -> describer.find(object, Soql.path(cursorField)).path());
  }

  /** What is asked of what Salesforce says of its objects. */
  private interface Question<T> {
    T ask(Describer describer) throws SalesforceException, InterruptedException;
  }

  private <T> T asking(Question<T> question) {
    try (SalesforceClient client = SalesforceClient.open(connection)) {
      return question.ask(new Describer(client));
    } catch (IOException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private ReadResult readOnce(PBegin input, RowQuery asked, Fields read) {
    PCollection<QueryResults> results =
        input
            .apply(
                "Windows", Create.of(windows()).withCoder(SerializableCoder.of(QueryWindow.class)))
            .apply("SpreadWindows", Redistribute.arbitrarily())
            .apply("Query", ParDo.of(new QueryFn(connection, asked, lag, jobTimeout)))
            .setCoder(SerializableCoder.of(QueryResults.class))
            .apply("SpreadResults", Redistribute.arbitrarily());
    PCollectionTuple pages =
        results.apply(
            "Pages",
            ParDo.of(new PagesFn(connection, asked, read))
                .withOutputTags(ReadResult.ROWS, ReadResult.SIDES.and(PagesFn.DONE)));
    // When all of them have been read for good: a page that a runner reads again is still there.
    pages
        .get(PagesFn.DONE)
        .apply("Together", WithKeys.<String, String>of("").withKeyType(strings()))
        .apply("AllRead", GroupByKey.create())
        .apply("Queries", Values.create())
        .apply("Each", Flatten.iterables())
        .apply("Delete", ParDo.of(new DeleteFn(connection)));
    return ReadResult.of(pages, read.columns().schema());
  }

  /** Tells whether a window divides a time into no more than {@link #MOST_WINDOWS} parts. */
  public static boolean dividesWell(Instant start, Instant end, Duration window) {
    return Duration.between(start, end).dividedBy(window) < MOST_WINDOWS;
  }

  private List<QueryWindow> windows() {
    if (window == null || end == null) {
      return List.of(new QueryWindow(start, end));
    }
    Instant first = start == null ? QueryWindow.FIRST : start;
    require(
        dividesWell(first, end, window),
        "a window that divides the time into " + MOST_WINDOWS + " parts at the most");
    List<QueryWindow> windows = new ArrayList<>(new QueryWindow(first, end).split(window));
    windows.set(0, new QueryWindow(start, windows.get(0).end()));
    return windows;
  }

  private ReadResult follow(PBegin input, RowQuery asked, Fields read) {
    FollowFn follow =
        new FollowFn(
            connection,
            asked,
            read,
            new Pace(window == null ? FOLLOWED_WINDOW : window, lag, pollInterval, outageLimit),
            start.toEpochMilli(),
            end == null ? TimeSpan.NEVER : end.toEpochMilli());
    return ReadResult.of(
        input
            .apply("Begin", Impulse.create())
            .apply("Follow", ParDo.of(follow).withOutputTags(ReadResult.ROWS, ReadResult.SIDES)),
        read.columns().schema());
  }
}
