package org.anomalydetection.integration.database;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.database.Database;
import org.anomalydetection.database.DatabaseException;
import org.anomalydetection.database.WriteTable;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.Pipeline.PipelineExecutionException;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WriteTableTest {
  private static final Schema REASON =
      ContractSchema.SCORED.getField("reasons").getType().getCollectionElementType().getRowSchema();

  private static final Schema SCHEMA =
      Schema.builder()
          .addStringField("id")
          .addDoubleField("score")
          .addArrayField("reasons", FieldType.row(REASON))
          .addNullableField("a \"column\", \u00e9", FieldType.STRING)
          .build();

  private String url;

  @BeforeEach
  void makeDatabase() throws SQLException {
    url = TestPostgres.database(TestPostgres.TRUSTED);
  }

  @Test
  void shouldReplaceTheRowWithItsIdAndNoOther() throws SQLException {
    write(row("a", 0.1, "x"), row("b", 0.2, null));
    write(row("b", 0.9, "y"), row("c", Double.NaN, "z"), row("c", Double.NaN, "z"));
    assertEquals(
        List.of("a 0.1 x", "b 0.9 y", "c NaN z"),
        query("SELECT id, score, \"a \"\"column\"\", \u00e9\" FROM scored ORDER BY id"));
  }

  @Test
  void shouldWriteManyRowsOfOneBundle() throws SQLException {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 12_345; i++) {
      rows.add(row("id" + i % 12_000, i, "x"));
    }
    write(rows.toArray(Row[]::new));
    assertEquals(List.of("12000"), query("SELECT count(*) FROM scored"));
  }

  @Test
  void shouldWriteReasonsAsJson() throws SQLException {
    write(row("a", 0.5, "x", reason("Stage", "\\\0 \\u0000 \"\u00e9\"", "Won")));
    assertEquals(
        List.of("Stage \\\ufffd \\u0000 \"\u00e9\" 0.5"),
        query(
            "SELECT r->>'field', r->>'value', r->'contribution' FROM scored,"
                + " jsonb_array_elements(reasons) r"));
  }

  @Test
  void shouldKeepTextsThatPostgresCannotHold() throws SQLException {
    write(row("a\0b", 0.5, "\0"));
    assertEquals(
        List.of("a\ufffdb \ufffd"), query("SELECT id, \"a \"\"column\"\", \u00e9\" FROM scored"));
  }

  @Test
  void shouldKeepAnErrorOnceHoweverOftenItComes() throws SQLException {
    List<Row> errors = List.of(error(1L, "{}"), error(2L, "{}"), error(null, "{\"Id\":\"\0\"}"));
    for (int run = 0; run < 2; run++) {
      Pipeline pipeline = Pipeline.create();
      pipeline
          .apply(Create.of(errors).withRowSchema(ContractSchema.ERRORS))
          .apply(WriteTable.errors(Database.at(url)));
      run(pipeline);
    }
    assertEquals(
        List.of("in.csv 1 {}", "in.csv 2 {}", "in.csv null {\"Id\":\"\ufffd\"}"),
        query("SELECT source, \"row\", element FROM errors ORDER BY \"row\""));
  }

  @Test
  void shouldSayWhichColumnsATableHasNot() throws SQLException {
    TestPostgres.execute(url, "CREATE TABLE scored (id TEXT PRIMARY KEY, score REAL)");
    DatabaseException e = assertThrows(DatabaseException.class, () -> write(row("a", 0.1, "x")));
    assertThat(
        e.getMessage(),
        containsString("table scored: expected the columns reasons, a \"column\", \u00e9, found"));
    String add =
        "ALTER TABLE \"scored\" ADD \"reasons\" JSONB, ADD \"a \"\"column\"\", \u00e9\" TEXT";
    assertThat(e.getMessage(), containsString(add));
    TestPostgres.execute(url, add);
    write(row("a", 0.5, "x"));
    assertEquals(List.of("a 0.5"), query("SELECT id, score FROM scored"));
  }

  @Test
  void shouldKeepTheLatestVersionInWhateverOrderTheyCome() throws SQLException {
    writeVersions(version("a", 0.5, 2000), version("a", 0.9, 1000), version("b", 0.1, 1000));
    writeVersions(version("a", 0.8, 1999), version("b", 0.2, 1001));
    assertEquals(List.of("a 0.5", "b 0.2"), query("SELECT id, score FROM scored ORDER BY id"));
    writeVersions(version("a", 0.6, 2000));
    assertEquals(
        List.of("a 0.6 1970-01-01 00:00:02"),
        query("SELECT id, score, changed AT TIME ZONE 'UTC' FROM scored WHERE id = 'a'"));
    write(row("a", 0.3, "of a run with an end"));
    assertEquals(
        List.of("a 0.3 null"), query("SELECT id, score, changed FROM scored WHERE id = 'a'"));
    writeVersions(version("a", 0.4, 1));
    assertEquals(List.of("a 0.4"), query("SELECT id, score FROM scored WHERE id = 'a'"));
  }

  @Test
  void shouldLeaveNothingOfTheRowThatARowReplaces() throws SQLException {
    write(row("a", 0.1, "x"), row("b", 0.2, "y"));
    TestPostgres.execute(
        url,
        "ALTER TABLE scored ADD region TEXT DEFAULT 'none', ADD twice REAL GENERATED ALWAYS AS"
            + " (score * 2) STORED",
        "UPDATE scored SET region = 'north'");
    Schema fewer = Schema.builder().addStringField("id").addDoubleField("score").build();
    write(Row.withSchema(fewer).addValues("a", 0.5).build());
    assertEquals(
        List.of("a 0.5 null null none 1", "b 0.2 [] y north 0.4"),
        query(
            "SELECT id, score, reasons, \"a \"\"column\"\", \u00e9\", region, twice FROM scored"
                + " ORDER BY id"));
  }

  /** The address is another one of this machine, whose server knows nothing of encryption. */
  @Test
  void shouldNotTalkToAnotherMachineWithoutEncryption() {
    String other = url.replace("127.0.0.1", "0.0.0.0");
    DatabaseException e =
        assertThrows(DatabaseException.class, () -> write(other, row("a", 0.1, "x")));
    assertThat(e.getMessage(), containsString("The server does not support SSL."));
    assertThat(e.getMessage(), containsString("sslmode=verify-full holds"));
  }

  @Test
  void shouldSayThatTheDatabaseRefuses() throws SQLException {
    String guarded = TestPostgres.database(TestPostgres.USER);
    DatabaseException e =
        assertThrows(DatabaseException.class, () -> write(guarded, row("a", 0.1, "x")));
    assertThat(e.getMessage(), containsString("table scored at " + guarded));
    assertThat(e.getMessage(), containsString("no password was provided"));
  }

  @Test
  void shouldRefuseNamesThatPostgresWouldCutOff() {
    Schema schema =
        Schema.builder().addStringField("id").addStringField("\u00e9".repeat(32)).build();
    Row row = Row.withSchema(schema).addValues("a", "b").build();
    DatabaseException e = assertThrows(DatabaseException.class, () -> write(row));
    assertThat(e.getMessage(), containsString("expected names of columns of at most 63 bytes"));
  }

  @Test
  void shouldTryAgainWhenTheServerEndsTheConnectionOrADeadlock() throws SQLException {
    write(row("a", 0.1, "x"));
    TestPostgres.execute(
        url,
        "CREATE SEQUENCE attempts",
        """
        CREATE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE attempt BIGINT := nextval('attempts');
        BEGIN
          IF attempt = 1 THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
          ELSIF attempt = 2 THEN
            RAISE EXCEPTION 'a deadlock' USING ERRCODE = '40P01';
          END IF;
          RETURN NULL;
        END $$
        """,
        "CREATE TRIGGER disturb BEFORE INSERT ON scored EXECUTE FUNCTION disturb()");
    write(row("a", 0.2, "y"), row("b", 0.3, "z"));
    assertEquals(List.of("a 0.2", "b 0.3"), query("SELECT id, score FROM scored ORDER BY id"));
    assertEquals(List.of("t"), query("SELECT last_value >= 3 FROM attempts"));
  }

  @Test
  void shouldLeaveTheDatabaseAsItIsWhileAPipelineIsBuilt() throws SQLException {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(row("a", 0.5, "x")).withRowSchema(SCHEMA))
        .apply(WriteTable.scored(Database.at(url)));
    String tables =
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'";
    assertEquals(List.of(), query(tables));
    WriteTable.makeTables(pipeline);
    assertEquals(List.of("scored"), query(tables));
  }

  /** As a template does, whose jobs come later. */
  @Test
  void shouldSayWhatHasBecomeOfATableSinceItWasMade() throws SQLException {
    write(row("a", 0.5, "x"));
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(row("b", 0.5, "x")).withRowSchema(SCHEMA))
        .apply(WriteTable.scored(Database.at(url)));
    TestPostgres.execute(url, "ALTER TABLE scored DROP reasons");
    PipelineExecutionException e =
        assertThrows(PipelineExecutionException.class, () -> pipeline.run().waitUntilFinish());
    assertThat(e.getMessage(), containsString("table scored: expected the columns reasons, found"));
  }

  private void write(Row... rows) {
    write(url, rows);
  }

  private static void write(String url, Row... rows) {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(Arrays.asList(rows)).withRowSchema(rows[0].getSchema()))
        .apply(WriteTable.scored(Database.at(url)));
    run(pipeline);
  }

  @SafeVarargs
  private void writeVersions(TimestampedValue<Row>... versions) {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.timestamped(Arrays.asList(versions)).withCoder(RowCoder.of(SCHEMA)))
        .setRowSchema(SCHEMA)
        .apply(WriteTable.versions(Database.at(url)));
    run(pipeline);
  }

  private static void run(Pipeline pipeline) {
    WriteTable.makeTables(pipeline);
    pipeline.run().waitUntilFinish();
  }

  private static TimestampedValue<Row> version(String id, double score, long millis) {
    return TimestampedValue.of(row(id, score, null), Instant.ofEpochMilli(millis));
  }

  private List<String> query(String sql) throws SQLException {
    List<String> lines = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url);
        ResultSet rows = connection.createStatement().executeQuery(sql)) {
      while (rows.next()) {
        List<String> cells = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          cells.add(rows.getString(i));
        }
        lines.add(String.join(" ", cells));
      }
    }
    return lines;
  }

  private static Row row(String id, double score, String text, Row... reasons) {
    return Row.withSchema(SCHEMA).addValues(id, score, Arrays.asList(reasons), text).build();
  }

  private static Row reason(String field, String value, String expected) {
    return Row.withSchema(REASON).addValues(field, value, expected, 0.5).build();
  }

  private static Row error(Long row, String element) {
    return Row.withSchema(ContractSchema.ERRORS)
        .withFieldValue("source", "in.csv")
        .withFieldValue("row", row)
        .withFieldValue("error", "wrong")
        .withFieldValue("stage", "read")
        .withFieldValue("element", element)
        .build();
  }
}
