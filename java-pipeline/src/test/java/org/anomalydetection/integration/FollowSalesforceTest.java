package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.greaterThanOrEqualTo;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.anomalydetection.integration.database.TestPostgres;
import org.anomalydetection.salesforce.SalesforceServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An org that changes while it is followed, by runs of which one is killed. */
class FollowSalesforceTest {
  private static final Pattern ENDED =
      Pattern.compile(
          "ended as asked: ([0-9]+) rows scored, [0-9]+ of them odd; 0 in error. Committed up to"
              + " 2");

  @TempDir Path folder;
  private final SalesforceServer org = SalesforceServer.start();
  private final String database = TestPostgres.database(TestPostgres.TRUSTED);
  private final Map<String, Integer> versions = new TreeMap<>();
  private final List<Forked> runs = new ArrayList<>();
  private Path out;

  @BeforeEach
  void output() {
    out = folder.resolve("out");
  }

  FollowSalesforceTest() throws SQLException {}

  @AfterEach
  void end() {
    runs.forEach(Forked::kill);
    org.close();
  }

  @Test
  void shouldScoreEveryVersionOnceThoughTheRunIsKilled() throws Exception {
    List<String> sample = List.copyOf(org.records().keySet());
    sample.forEach(this::happened);
    Forked first = follow("--since=2025-01-01");
    Outputs.awaitCommitted(first, out, Instant.now());

    change("first", sample.subList(0, 3));
    insert(5);
    Outputs.awaitCommitted(first, out, Instant.now());
    insert(5);
    first.handle().destroyForcibly();
    first.exitCode();
    change("meanwhile", sample.subList(3, 6));
    insert(5);

    Forked second = follow();
    change("again", sample.subList(0, 1));
    Outputs.awaitCommitted(second, out, Instant.now());
    second.terminate();
    assertEquals(0, second.exitCode(), second.err());
    Matcher ended = ENDED.matcher(second.out());
    assertTrue(ended.find(), second.out());
    // Those inserted and changed since the first run ended, and the one changed again.
    assertThat(Integer.parseInt(ended.group(1)), greaterThanOrEqualTo(3 + 5 + 1));
    assertThat(second.err(), containsString("the position in " + out));
    assertThat(second.err(), not(containsString("Exception")));

    Map<String, Integer> scored = new TreeMap<>();
    Map<String, List<String>> names = new TreeMap<>();
    for (JsonNode row : Outputs.scored(out)) {
      String id = row.path("id").asText();
      scored.merge(id, 1, Integer::sum);
      names.computeIfAbsent(id, of -> new ArrayList<>()).add(row.path("Name").asText());
    }
    assertEquals(versions, scored);
    assertTrue(names.get(sample.get(0)).containsAll(List.of("first", "again")));
    assertTrue(names.get(sample.get(3)).contains("meanwhile"));
    assertEquals(List.of(), staged());
    assertHoldsTheLatestVersions();
  }

  /** Compares the table with the org as it is in the end. */
  private void assertHoldsTheLatestVersions() throws SQLException {
    Map<String, String> latest = new TreeMap<>();
    org.records("Name", "SystemModstamp")
        .forEach(
            (id, record) ->
                latest.put(
                    id,
                    record.path("Name").asText()
                        + Instant.parse(
                            record.path("SystemModstamp").asText().replace("+0000", "Z"))));
    Map<String, String> table = new TreeMap<>();
    try (Connection connection = DriverManager.getConnection(database);
        ResultSet rows =
            connection.createStatement().executeQuery("SELECT id, \"Name\", changed FROM scored")) {
      while (rows.next()) {
        table.put(rows.getString(1), rows.getString(2) + rows.getTimestamp(3).toInstant());
      }
    }
    assertEquals(latest, table);
  }

  private Forked follow(String... options) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--source=salesforce",
                "--salesforceUrl=" + org.url(),
                "--salesforceCredentials=" + org.secretFile(),
                "--follow",
                "--lag=1s",
                "--pollInterval=1s",
                "--commitEvery=1s",
                "--outputJdbcUrl=" + database,
                "--output=" + out));
    all.addAll(List.of(options));
    Forked run = Forked.main(folder, all.toArray(String[]::new));
    runs.add(run);
    return run;
  }

  private void insert(int count) {
    org.change("POST", Map.of("count", count)).forEach(this::happened);
  }

  private void change(String name, List<String> ids) {
    org.change("PATCH", Map.of("ids", ids, "values", Map.of("Name", name)));
    ids.forEach(this::happened);
  }

  private void happened(String id) {
    versions.merge(id, 1, Integer::sum);
  }

  private List<String> staged() throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(".follow-"))
          .toList();
    }
  }
}
