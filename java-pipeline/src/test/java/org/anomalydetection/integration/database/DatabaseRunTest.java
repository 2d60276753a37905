package org.anomalydetection.integration.database;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.anomalydetection.integration.Forked;
import org.anomalydetection.integration.Outputs;
import org.anomalydetection.integration.RunningService;
import org.anomalydetection.integration.SampleRows;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs that write to a database. */
class DatabaseRunTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;
  private Path input;

  @BeforeEach
  void writeInput() throws IOException {
    List<String> lines = SampleRows.lines();
    input =
        Files.writeString(folder.resolve("in.csv"), String.join("\n", lines) + "\ntoo,few,cells\n");
  }

  @Test
  void shouldWriteToTheDatabaseWhatItWritesToTheFolderAndNeverThePassword() throws Exception {
    String url = TestPostgres.database(TestPostgres.USER);
    String trusted = url.replace(TestPostgres.USER, TestPostgres.TRUSTED);
    Path out = folder.resolve("out");
    Forked run =
        Forked.main(
            folder, Map.of("OUTPUT_JDBC_PASSWORD", TestPostgres.PASSWORD), options(out, url));
    assertEquals(0, run.exitCode(), run.err());
    assertThat(run.out() + run.err(), not(containsString(TestPostgres.PASSWORD)));
    assertHolds(trusted, out);

    Path again = folder.resolve("again");
    MainResult result = MainResult.of(options(again, trusted));
    assertEquals(0, result.exitCode(), result.err());
    assertHolds(trusted, again);
  }

  @Test
  void shouldSayThatNoDatabaseAnswers() {
    String url = "jdbc:postgresql://127.0.0.1:1/crm?user=me";
    MainResult result = MainResult.of(options(folder.resolve("out"), url));
    assertEquals(1, result.exitCode());
    assertThat(result.err(), containsString("error: table scored at " + url + ": Connection to"));
  }

  private String[] options(Path out, String url) {
    return new String[] {
      "--expansionService=" + RunningService.address(),
      "--input=" + input,
      "--output=" + out,
      "--report=false",
      "--outputJdbcUrl=" + url
    };
  }

  private static void assertHolds(String url, Path out) throws SQLException, IOException {
    assertEquals(
        "expected 22 cells, found 3 cells", text(url, "SELECT string_agg(error, ';') FROM errors"));
    Map<String, JsonNode> files = new TreeMap<>();
    Outputs.scored(out).forEach(row -> files.put(row.get("id").asText(), row));
    Map<String, JsonNode> table = scored(url);
    assertEquals(files.keySet(), table.keySet());
    // PostgreSQL writes 1 where the files have 1.0.
    Comparator<JsonNode> numbers =
        (one, other) ->
            one.isNumber() && other.isNumber()
                ? Double.compare(one.doubleValue(), other.doubleValue())
                : one.equals(other) ? 0 : 1;
    files.forEach(
        (id, row) ->
            assertTrue(row.equals(numbers, table.get(id)), () -> row + " and " + table.get(id)));
  }

  /** Returns the rows of the table as the files have them, by id. */
  private static Map<String, JsonNode> scored(String url) throws SQLException, IOException {
    Map<String, JsonNode> rows = new TreeMap<>();
    for (JsonNode row : MAPPER.readTree(text(url, "SELECT json_agg(scored)::text FROM scored"))) {
      rows.put(row.get("id").asText(), row);
    }
    return rows;
  }

  private static String text(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        ResultSet rows = connection.createStatement().executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
