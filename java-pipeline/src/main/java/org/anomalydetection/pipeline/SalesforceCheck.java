package org.anomalydetection.pipeline;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.salesforce.Describer;
import org.anomalydetection.salesforce.Fields;
import org.anomalydetection.salesforce.ReadRows;
import org.anomalydetection.salesforce.SalesforceIO;
import org.anomalydetection.salesforce.api.Connection;
import org.anomalydetection.salesforce.api.Credentials;
import org.anomalydetection.salesforce.api.SalesforceClient;
import org.anomalydetection.salesforce.api.SalesforceException;
import org.anomalydetection.source.Source;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Looks at the options of a run that reads Salesforce, and asks it for the types of fields. */
final class SalesforceCheck {
  private static final Duration LEAST = Duration.ofMillis(1);

  private final ScoringOptions options;
  private final List<String> problems;
  private final TimeOptions times;

  /**
   * @param problems where to add what is wrong
   */
  SalesforceCheck(ScoringOptions options, List<String> problems) {
    this.options = options;
    this.problems = problems;
    this.times = new TimeOptions(problems);
  }

  /** Adds a problem for each option that says something of Salesforce where none is read. */
  void refuseAll() {
    Map<String, @Nullable Object> given = new LinkedHashMap<>();
    given.put("salesforceUrl", options.getSalesforceUrl());
    given.put("salesforceCredentials", options.getSalesforceCredentials());
    given.put("salesforceFields", options.getSalesforceFields());
    given.put("query", options.getQuery());
    given.put("since", options.getSince());
    given.put("until", options.getUntil());
    given.put("follow", options.getFollow());
    given.put("window", options.getWindow());
    given.put("includeDeleted", options.getIncludeDeleted());
    given.put("writeBack", options.getWriteBack().equals(WriteBackCheck.OFF) ? null : "given");
    given.put("writeBackFields", options.getWriteBackFields());
    given.forEach(
        (option, value) -> {
          if (value != null) {
            problems.add(
                "--" + option + ": expected --source=salesforce beside it, found it alone");
          }
        });
  }

  /**
   * Returns what to read, nothing where something is wrong.
   *
   * @param known how the cells of known columns are read
   * @throws RunException if Salesforce does not answer
   */
  Optional<Source> source(Map<String, CellKind> known) {
    int before = problems.size();
    Optional<Connection> connection = connection();
    Optional<ReadRows> read = connection.flatMap(this::read);
    SalesforceFields mapping = SalesforceFields.of(options, problems);
    if (read.isEmpty() || problems.size() > before) {
      return Optional.empty();
    }
    String name = "Salesforce " + options.getSalesforceUrl();
    return fields(connection.get(), mapping, known)
        .map(
            fields -> {
              ReadRows rows = read.get().withFields(fields);
              return new Source(
                  name,
                  fields.columns(),
                  rows,
                  isFollowing()
                      ? Optional.of(
                          new Source.Changes(
                              identity(connection.get(), mapping, fields), rows::withStart))
                      : Optional.empty());
            });
  }

  private static Map<String, String> identity(
      Connection connection, SalesforceFields mapping, Fields fields) {
    String paths =
        fields.paths().stream().flatMap(Optional::stream).collect(Collectors.joining(", "));
    return Map.of("host", connection.url().getHost(), "object", mapping.object(), "fields", paths);
  }

  private boolean isFollowing() {
    return Boolean.TRUE.equals(options.getFollow());
  }

  private Optional<Connection> connection() {
    String url = options.getSalesforceUrl();
    if (url == null) {
      problems.add(
          "--salesforceUrl: expected the address of an org beside --source=salesforce, found none");
      return Optional.empty();
    }
    return credentials()
        .flatMap(
            credentials -> {
              try {
                return Optional.of(Connection.to(url, credentials));
              } catch (IllegalArgumentException e) {
                problems.add("--salesforceUrl: " + e.getMessage());
                return Optional.empty();
              }
            });
  }

  private Optional<Credentials> credentials() {
    try {
      Credentials credentials = Credentials.at(options.getSalesforceCredentials());
      credentials.check();
      return Optional.of(credentials);
    } catch (SalesforceException | IllegalArgumentException e) {
      problems.add("--salesforceCredentials: " + e.getMessage());
      return Optional.empty();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Returns what to read but for the fields. */
  private Optional<ReadRows> read(Connection connection) {
    int before = problems.size();
    Optional<Instant> since = times.time("since", options.getSince());
    Optional<Instant> until = times.time("until", options.getUntil());
    Optional<Duration> lag = times.duration("lag", options.getLag(), Duration.ZERO);
    Optional<Duration> poll = times.duration("pollInterval", options.getPollInterval(), LEAST);
    Optional<Duration> window = times.duration("window", options.getWindow(), LEAST);
    Optional<Duration> limit =
        times.duration("salesforceJobTimeout", options.getSalesforceJobTimeout(), LEAST);
    combinations();
    Optional<Instant> now =
        since.isPresent() && !isFollowing() && problems.size() == before
            ? asked(connection, SalesforceClient::now)
            : Optional.of(Instant.now());
    if (now.isEmpty()) {
      return Optional.empty();
    }
    Instant newest = now.get().minus(lag.orElse(ReadRows.LAG)).truncatedTo(ChronoUnit.MILLIS);
    if (until.isPresent() && until.get().isAfter(newest)) {
      problems.add(
          String.format(
              "--until: expected a time that is at least --lag=%s ago, since what is newer may not"
                  + " show yet, found %s, with Salesforce's clock at %s",
              options.getLag(), until.get(), now.get().truncatedTo(ChronoUnit.SECONDS)));
    }
    Instant end = until.orElse(isFollowing() ? Instant.now() : newest);
    if (since.isPresent() && !since.get().isBefore(end)) {
      problems.add(String.format("--since: expected a time before %s, found %s", end, since.get()));
    }
    if (since.isPresent()
        && window.isPresent()
        && !isFollowing()
        && !ReadRows.dividesWell(since.get(), end, window.get())) {
      problems.add(
          String.format(
              "--window: expected one that divides the time into %d parts at the most, each of"
                  + " which is a bulk job, found %s",
              ReadRows.MOST_WINDOWS, options.getWindow()));
    }
    if (problems.size() > before) {
      return Optional.empty();
    }
    ReadRows rows =
        SalesforceIO.readRows()
            .withConnection(connection)
            .withLag(lag.get())
            .withPollInterval(poll.get())
            .withJobTimeout(limit.get())
            .withIncludeDeleted(Boolean.TRUE.equals(options.getIncludeDeleted()));
    rows =
        options.getQuery() == null
            ? rows.from(SalesforceFields.OPPORTUNITY)
            : rows.withQuery(options.getQuery());
    if (since.isPresent()) {
      rows = isFollowing() ? rows : rows.withStart(since.get()).withEnd(end);
    }
    return Optional.of(window.map(rows::withWindow).orElse(rows));
  }

  private void combinations() {
    boolean since = options.getSince() != null;
    refuse(options.getQuery() != null && since, "query", "no --since beside it, found both");
    refuse(options.getUntil() != null && !since, "until", "--since beside it, found it alone");
    refuse(
        options.getWindow() != null && !since && !isFollowing(),
        "window",
        "--since beside it, found it alone");
    refuse(
        isFollowing() && options.getUntil() != null, "follow", "no --until beside it, found both");
    refuse(
        isFollowing() && options.getQuery() != null, "follow", "no --query beside it, found both");
  }

  private void refuse(boolean wrong, String option, String expected) {
    if (wrong) {
      problems.add("--" + option + ": expected " + expected);
    }
  }

  private Optional<Fields> fields(
      Connection connection, SalesforceFields mapping, Map<String, CellKind> known) {
    String id = Aliases.contractName(options.getIdColumn());
    try {
      return asked(
          connection,
          client -> {
            Describer describer = new Describer(client);
            return Fields.described(
                describer, mapping.object(), mapping.paths(describer), id, known);
          });
    } catch (IllegalArgumentException e) {
      Objects.requireNonNull(e.getMessage())
          .lines()
          .forEach(line -> problems.add("--salesforceFields: " + line));
      return Optional.empty();
    }
  }

  private interface Question<T> {
    T ask(SalesforceClient client) throws SalesforceException, InterruptedException;
  }

  /** Returns what Salesforce answers, nothing where it does not let us in. */
  private <T> Optional<T> asked(Connection connection, Question<T> question) {
    try (SalesforceClient client = SalesforceClient.open(connection)) {
      return Optional.of(question.ask(client));
    } catch (SalesforceException e) {
      return switch (e.kind()) {
        case CONFIGURATION, LOGIN -> {
          problems.add("--source=salesforce: " + e.getMessage());
          yield Optional.empty();
        }
        default -> throw new RunException(e.getMessage(), e);
      };
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static RunException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new RunException("the run was interrupted", e);
  }
}
