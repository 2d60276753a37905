package org.anomalydetection.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CellKindTest {
  @ParameterizedTest
  @CsvSource({
    "5/26/20, 2020-05-26",
    "1/1/00, 2000-01-01",
    "12/31/68, 2068-12-31",
    "5/26/1999, 1999-05-26",
    "2024-02-29, 2024-02-29",
    "2015-03-30T00:00:00.000Z, 2015-03-30T00:00:00.000Z",
  })
  void shouldReadDates(String text, String date) {
    assertEquals(Optional.of(date), CellKind.DATE.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1/1/69",
        "12/31/99",
        "2/30/24",
        "2/30/2024",
        "1/1/0000",
        "1/1/024",
        "2023-02-29",
        "0000-01-01",
        "24-01-01",
        "never"
      })
  void shouldRefuseOtherDates(String text) {
    assertEquals(Optional.empty(), CellKind.DATE.parse(text));
  }

  @ParameterizedTest
  @CsvSource({"1.5, 1.5", "-1e3, -1000", ".5, 0.5", "+7, 7", "5., 5"})
  void shouldReadNumbers(String text, double number) {
    assertEquals(Optional.of(number), CellKind.DOUBLE.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "1e999", "0x10", "1_000", "12d", " 1", "1,000", "."})
  void shouldRefuseOtherNumbers(String text) {
    assertEquals(Optional.empty(), CellKind.DOUBLE.parse(text));
  }

  @ParameterizedTest
  @CsvSource({"true, true", "TRUE, true", "1, true", "false, false", "0, false"})
  void shouldReadTruthValues(String text, boolean value) {
    assertEquals(Optional.of(value), CellKind.BOOLEAN.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "tRuE", "2", "true "})
  void shouldRefuseOtherTruthValues(String text) {
    assertEquals(Optional.empty(), CellKind.BOOLEAN.parse(text));
  }
}
