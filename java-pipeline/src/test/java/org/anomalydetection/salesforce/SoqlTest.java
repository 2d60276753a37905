package org.anomalydetection.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SoqlTest {
  private static final List<String> PATHS = List.of("Id", "Account.Industry");
  private static final Instant START = Instant.parse("2024-01-31T00:00:00Z");
  private static final Instant END = Instant.parse("2024-01-31T12:30:00.007Z");

  @Test
  void shouldAskForAWindowInMillisecondsWithoutQuotesOrderAndLimit() {
    assertEquals(
        "SELECT Id, Account.Industry FROM Opportunity WHERE SystemModstamp >="
            + " 2024-01-31T00:00:00.000Z AND SystemModstamp < 2024-01-31T12:30:00.007Z",
        soql(new QueryWindow(START, END)));
    assertEquals(
        "SELECT Id, Account.Industry FROM Opportunity WHERE SystemModstamp <"
            + " 2024-01-31T12:30:00.007Z",
        soql(new QueryWindow(null, END)));
    assertEquals("SELECT Id, Account.Industry FROM Opportunity", soql(QueryWindow.ALL));
  }

  private static String soql(QueryWindow window) {
    return Soql.select(PATHS, "Opportunity", "SystemModstamp", window);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " Id",
        "Id FROM User",
        "Id,Name",
        "(SELECT Id FROM Tasks)",
        "COUNT(Id)",
        "Id\n",
        "Account.",
        ".Id",
        "1Id",
        "Id--",
        "Id'",
        "A.B.C.D.E.F.G"
      })
  void shouldRefuseWhatIsNoName(String name) {
    assertThrows(IllegalArgumentException.class, () -> Soql.path(name));
    assertThrows(IllegalArgumentException.class, () -> Soql.object(name));
  }

  @Test
  void shouldTakeNames() {
    assertEquals("Owner.UserRole.Name", Soql.path("Owner.UserRole.Name"));
    assertEquals("Deal__c", Soql.object("Deal__c"));
    assertThrows(IllegalArgumentException.class, () -> Soql.object("Account.Name"));
  }

  @Test
  void shouldSayWhatAQueryAsksFor() {
    Soql.Parts parts =
        Soql.parse(
            "select id ,\n Account.Name,Amount\nfrom opportunity where Name = 'a FROM b' limit 5");
    assertEquals("opportunity", parts.object());
    assertEquals(List.of("id", "Account.Name", "Amount"), parts.paths());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM Opportunity|expected SELECT ... FROM ...",
        "SELECT Id|expected SELECT ... FROM ...",
        "SELECT Id, FROM Opportunity|expected fields by their names",
        "SELECT COUNT(Id) FROM Opportunity|found COUNT(Id)",
        "SELECT FIELDS(ALL) FROM Opportunity|found FIELDS(ALL)",
        "SELECT Id, Amount a FROM Opportunity|found Amount a",
        "SELECT Id, (SELECT Id FROM Tasks) FROM Opportunity|found (SELECT Id",
        "SELECT Id, Name, ID FROM Opportunity|expected each field once, found ID again",
      })
  void shouldRefuseQueriesOfAnythingButFields(String soql, String message) {
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> Soql.parse(soql));
    assertThat(e.getMessage(), containsString(message));
  }

  @Test
  void shouldAskForRecordsInTheOrderOfTheirIds() {
    QueryWindow window = new QueryWindow(Instant.parse("2024-01-31T12:00:00Z"), null);
    assertEquals(
        "SELECT Name, Id FROM Lead WHERE SystemModstamp >= 2024-01-31T12:00:00.000Z AND Id >"
            + " '00Q990000000001AAA' ORDER BY Id LIMIT 2000",
        Soql.selectById(
            List.of("Name", "Id"), "Lead", "SystemModstamp", window, "00Q990000000001AAA", 2000));
    assertEquals(
        "SELECT Id FROM Lead ORDER BY Id LIMIT 7",
        Soql.selectById(List.of("Id"), "Lead", "SystemModstamp", QueryWindow.ALL, "", 7));
    assertThrows(
        IllegalArgumentException.class,
        () -> Soql.selectById(List.of("Id"), "Lead", "S", QueryWindow.ALL, "' OR Name = '", 7));
  }
}
