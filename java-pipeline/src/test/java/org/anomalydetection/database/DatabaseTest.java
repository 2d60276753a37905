package org.anomalydetection.database;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://localhost/crm?user=me&password=hunter2",
        "jdbc:postgresql://localhost/crm?user=me&PASSWORD=hunter2",
        "jdbc:postgresql://localhost/crm?sslpassword=hunter2",
        "jdbc:postgresql://me:hunter2@localhost/crm",
      })
  void shouldRefuseAPasswordInTheUrlWithoutShowingIt(String url) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Database.at(url));
    assertThat(e.getMessage(), containsString("expected a URL without a password"));
    assertThat(e.getMessage(), containsString("OUTPUT_JDBC_PASSWORD or PGPASSWORD"));
    assertThat(e.getMessage(), not(containsString("hunter2")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"jdbc:mysql://localhost/crm", "localhost:5432", "jdbc:postgresql://a:b/c"})
  void shouldRefuseOtherUrls(String url) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Database.at(url));
    assertThat(e.getMessage(), containsString("expected jdbc:postgresql://host:port/database"));
    assertThat(e.getMessage(), containsString("found " + url));
  }

  @ParameterizedTest
  @CsvSource({
    "db.example.com/crm?sslmode=require, sslmode=require",
    "db.example.com/crm?sslmode=disable, sslmode=disable",
    "'localhost:5432,10.0.0.7/crm?sslmode=verify-ca', sslmode=verify-ca",
    "db.example.com/crm?sslfactory=org.postgresql.ssl.NonValidatingFactory, sslfactory=",
    "db.example.com/crm?sslhostnameverifier=com.example.Any, sslhostnameverifier=",
    "db.example.com/crm?socketFactory=com.example.Plain, socketFactory=",
  })
  void shouldRefuseWhatWeakensTheEncryptionToAnotherMachine(String place, String found) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> Database.at("jdbc:postgresql://" + place));
    assertThat(e.getMessage(), containsString("which is not this machine"));
    assertThat(e.getMessage(), containsString(", found " + found));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql:crm",
        "jdbc:postgresql://LOCALHOST/crm?sslmode=disable",
        "jdbc:postgresql://127.0.0.1:5432,[::1]:5432/crm?sslmode=prefer",
        "jdbc:postgresql://db.example.com/crm",
        "jdbc:postgresql://db.example.com/crm?sslmode=verify-full"
            + "&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory",
      })
  void shouldTakeThisMachineAsItIsAndOthersEncrypted(String url) {
    assertEquals(url, Database.at(url).toString());
  }

  @Test
  void shouldTryAgainWhatMayPass() {
    for (String state : new String[] {"08006", "40001", "40P01", "53300", "57P01", "57P03"}) {
      assertTrue(Attempts.mayPass(new SQLException("x", state)), state);
    }
    for (String state : new String[] {null, "08004", "28P01", "42703", "22P02", "23505"}) {
      assertFalse(Attempts.mayPass(new SQLException("x", state)), state);
    }
  }

  /** What the contract's rows come to be; the columns of the input stand behind those. */
  @Test
  void shouldMakeTheTablesOfTheContract() {
    Schema.Builder scored = Schema.builder();
    ContractSchema.SCORED.getFields().forEach(scored::addField);
    ContractSchema.INPUT.getFields().forEach(scored::addField);
    assertEquals(
        Project.text("contract/postgresql.sql"),
        "-- What a run of all columns of contract/schemas/input.json makes in an empty database.\n"
            + Table.scored(scored.build()).create()
            + ";\n\n"
            + Table.errors(ContractSchema.ERRORS).create()
            + ";\n");
  }

  @Test
  void shouldNotTakeAColumnOfTheRowsForTheTimeOfTheirChange() {
    Schema schema = Schema.builder().addStringField("id").addStringField("changed").build();
    DatabaseException e = assertThrows(DatabaseException.class, () -> Table.versions(schema));
    assertThat(e.getMessage(), containsString("expected another name of a column than changed"));
    assertEquals("scored", Table.scored(schema).toString());
  }

  @Test
  void shouldTellErrorsApartByRecordAndStage() {
    String key = TableRow.key(error("in.csv", 1L, "read", "{}"));
    assertEquals(key, TableRow.key(error("in.csv", 1L, "read", "{}")));
    assertEquals(64, key.length());
    assertNotEquals(key, TableRow.key(error("other.csv", 1L, "read", "{}")));
    assertNotEquals(key, TableRow.key(error("in.csv", 2L, "read", "{}")));
    assertNotEquals(key, TableRow.key(error("in.csv", 1L, "score", "{}")));
    assertNotEquals(key, TableRow.key(error("in.csv", 1L, "read", "[]")));
    assertNotEquals(key, TableRow.key(error(null, null, "read", "{}")));
  }

  private static Row error(String source, Long row, String stage, String element) {
    return Row.withSchema(ContractSchema.ERRORS)
        .withFieldValue("source", source)
        .withFieldValue("row", row)
        .withFieldValue("error", "wrong")
        .withFieldValue("stage", stage)
        .withFieldValue("element", element)
        .build();
  }
}
