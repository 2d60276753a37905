package org.anomalydetection.salesforce;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.anomalydetection.salesforce.api.BulkPage;
import org.anomalydetection.salesforce.api.QueryPage;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows of records, whichever way they came. */
class RecordParserTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String HEADER =
      "\"Id\",\"Amount\",\"IsWon\",\"CloseDate\",\"CreatedDate\",\"StageName\","
          + "\"Account.Industry\",\"SystemModstamp\"\n";

  private Fields fields;
  private RowQuery query;
  private RecordParser parser;

  @BeforeEach
  void prepare() throws Exception {
    fields =
        Opportunities.fields(
            "Id",
            "Amount",
            "IsWon",
            "CloseDate",
            "CreatedDate",
            "Stage:StageName",
            "Industry:Account.Industry");
    query = RowQuery.of("Opportunity", fields, "SystemModstamp", false);
    parser = new RecordParser("https://org.example", fields, query);
  }

  private List<@Nullable String[]> bulk(String records, int count) throws ReadException {
    return RecordCells.of(new BulkPage(HEADER + records, count, null), query.paths());
  }

  private List<@Nullable String[]> rest(String... records) throws Exception {
    List<JsonNode> nodes = new ArrayList<>();
    for (String record : records) {
      nodes.add(MAPPER.readTree(record));
    }
    return RecordCells.of(new QueryPage(nodes.size(), true, nodes, null, 0), query.paths());
  }

  @Test
  void shouldMakeTheSameRowOfBothForms() throws Exception {
    Row expected =
        Row.withSchema(fields.columns().schema())
            .addValues(
                "006A",
                1.23e10,
                true,
                "2024-01-31",
                "2024-01-30T23:30:00.000Z",
                "Won \"big\",\nat last",
                "Énergie")
            .build();
    String csv =
        "\"006A\",\"12300000000.0\",\"true\",\"2024-01-31\",\"2024-01-30T23:30:00.000Z\","
            + "\"Won \"\"big\"\",\nat last\",\"Énergie\",\"2024-02-01T10:00:00.001Z\"\n";
    String json =
        """
        {"attributes": {"type": "Opportunity"}, "Id": "006A", "Amount": 1.23E10, "IsWon": true,
         "CloseDate": "2024-01-31", "CreatedDate": "2024-01-30T23:30:00.000+0000",
         "StageName": "Won \\"big\\",\\nat last",
         "Account": {"attributes": {}, "Industry": "Énergie"},
         "SystemModstamp": "2024-02-01T10:00:00.001+0000"}
        """;
    for (List<@Nullable String[]> records : List.of(bulk(csv, 1), rest(json))) {
      RecordParser.Parsed parsed = parser.parse(records.get(0));
      assertEquals(expected, parsed.row());
      assertTrue(parsed.good());
      assertEquals(Instant.parse("2024-02-01T10:00:00.001Z"), parsed.changed());
    }
  }

  @Test
  void shouldTakeWhatIsMissingForMissingInBothForms() throws Exception {
    String csv = "\"006A\",\"\",\"\",\"\",\"\",\"\",\"\",\"2024-02-01T10:00:00.000Z\"\n";
    String json =
        """
        {"Id": "006A", "Amount": null, "IsWon": null, "CloseDate": null, "CreatedDate": null,
         "StageName": null, "Account": null, "SystemModstamp": "2024-02-01T10:00:00.000+0000"}
        """;
    for (List<@Nullable String[]> records : List.of(bulk(csv, 1), rest(json))) {
      Row row = parser.parse(records.get(0)).row();
      assertEquals("006A", row.getString("Id"));
      assertEquals(
          Arrays.asList(null, null, null, null, null, null), row.getValues().subList(1, 7));
    }
  }

  @Test
  void shouldFindFieldsByTheirNamesAndStripNul() throws Exception {
    String csv =
        "\"Account.Industry\",\"SystemModstamp\",\"ID\",\"Amount\",\"IsWon\",\"CloseDate\",\"CreatedDate\",\"StageName\"\n"
            + "\"In\0dustry\",\"2024-02-01T10:00:00.000Z\",\"006A\",\"5\",\"false\",\"\",\"\",\"x\"\n";
    BulkPage page = new BulkPage(csv, 1, null);
    Row row = parser.parse(RecordCells.of(page, query.paths()).get(0)).row();
    assertEquals(Arrays.asList("006A", 5.0, false, null, null, "x", "Industry"), row.getValues());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Amount|much|Amount: expected a finite number, found much",
        "IsWon|maybe|IsWon: expected true or false, found maybe",
        "CloseDate|2024-02-30|CloseDate: expected a date such as 2024-01-31",
        "CreatedDate|soon|CreatedDate: expected a date",
        "SystemModstamp|soon|SystemModstamp: expected a time, found soon",
        "SystemModstamp|''|SystemModstamp: expected a time, found nothing",
      })
  void shouldSayWhichCellIsWrong(String column, String cell, String message) throws Exception {
    String json =
        """
        {"Id": "006A", "Amount": 5, "StageName": "Won", "CloseDate": "2024-01-31",
         "SystemModstamp": "2024-02-01T10:00:00.000+0000", "%s": "%s"}
        """
            .formatted(column, cell);
    RecordParser.Parsed parsed = parser.parse(rest(json).get(0));
    assertFalse(parsed.good());
    Row error = parsed.row();
    assertThat(error.getString("error"), containsString(message));
    assertEquals("https://org.example", error.getString("source"));
    assertEquals("006A", error.getString("id"));
    assertEquals(column, error.getString("column"));
    assertEquals("read", error.getString("stage"));
    JsonNode element = MAPPER.readTree(error.getString("element"));
    assertEquals("Won", element.get("Stage").asText());
    assertTrue(element.get("Industry").isNull());
  }

  @Test
  void shouldSayThatAnIdIsMissing() throws Exception {
    Row error =
        parser.parse(rest("{\"SystemModstamp\": \"2024-02-01T10:00:00.000+0000\"}").get(0)).row();
    assertEquals("Id: expected an id, found nothing", error.getString("error"));
  }

  @Test
  void shouldRefuseAPageThatIsNotWhatItSays() {
    String record = "\"006A\",\"\",\"\",\"\",\"\",\"\",\"\",\"2024-02-01T10:00:00.000Z\"\n";
    ReadException e = assertThrows(ReadException.class, () -> bulk(record, 2));
    assertEquals("expected 2 records in a page of Salesforce, found 1", e.getMessage());
    BulkPage other = new BulkPage("\"Id\"\n\"006A\"\n", 1, null);
    e = assertThrows(ReadException.class, () -> RecordCells.of(other, query.paths()));
    assertThat(e.getMessage(), containsString("expected the field Amount in a page"));
    ReadException cut = assertThrows(ReadException.class, () -> bulk("\"006A\",\"", 1));
    assertThat(cut.getMessage(), containsString("expected CSV of Salesforce"));
  }

  @Test
  void shouldTakeAPageWithoutRecords() throws Exception {
    assertEquals(0, bulk("", 0).size());
    assertEquals(0, RecordCells.of(new BulkPage("", 0, null), query.paths()).size());
  }
}
