package org.anomalydetection.csv;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordsTest {
  @TempDir Path folder;

  @Test
  void shouldReadQuotedLineBreaksCommasAndQuotes() {
    CsvFile.Parsed parsed =
        CsvFile.of(folder, "Id,Name\r\n1,\"two\r\nlines, a \"\"quote\"\"\"\r\n").parse("x");
    assertEquals("two\r\nlines, a \"quote\"", parsed.rows.get(0).getString("Name"));
  }

  @Test
  void shouldNotCountEmptyLines() {
    CsvFile.Parsed parsed = CsvFile.of(folder, "\n\nId,Name\n\n1,a\n\n\n2,b\n\n").parse("x");
    assertEquals(List.of(1L, 2L), parsed.numbers);
  }

  @Test
  void shouldKeepRowsWithOneId() {
    CsvFile.Parsed parsed = CsvFile.of(folder, "Id,Name\n1,a\n1,b\n").parse("x");
    assertEquals(List.of("1", "1"), parsed.rows.stream().map(row -> row.getString("Id")).toList());
  }

  @Test
  void shouldNameTheRecordWhoseQuoteIsNotClosed() {
    CsvFile file = CsvFile.of(folder, "Id,Name\n1,a\n2,\"b\n3,c\n4,d\n");
    CsvSyntaxException e = assertThrows(CsvSyntaxException.class, () -> file.parse("x"));
    assertThat(
        e.getMessage(),
        containsString(file.path() + ": record 2: expected a closing quote, found the end"));
  }

  @Test
  void shouldNameTheRecordWithTextAfterAQuote() {
    CsvFile file = CsvFile.of(folder, "Id,Name\n1,\"a\"b\n");
    CsvSyntaxException e = assertThrows(CsvSyntaxException.class, () -> file.parse("x"));
    assertThat(e.getMessage(), containsString("record 1: expected a comma or the end"));
  }

  @Test
  void shouldReportTheFirstBadColumn() {
    CsvFile.Parsed parsed =
        CsvFile.of(folder, "Name,Amount,Id,IsWon\nx,many,1,perhaps\n").parse("a.csv");
    Row error = parsed.errors.get(0);
    assertEquals("Amount: expected a finite number, found many", error.getString("error"));
    assertEquals(1L, error.getInt64("row"));
    assertEquals("1", error.getString("id"));
    assertEquals("a.csv", error.getString("source"));
    assertEquals(
        "{\"Name\":\"x\",\"Amount\":\"many\",\"Id\":\"1\",\"IsWon\":\"perhaps\"}",
        error.getString("element"));
  }
}
