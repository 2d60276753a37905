package org.anomalydetection.cloud.bigquery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ColumnNamesTest {
  @Test
  void shouldTellApartWhatDiffersInCaseOnly() {
    assertEquals(
        List.of("id", "score", "input_Id", "input_ID_2", "Amount"),
        ColumnNames.of(List.of("id", "score", "Id", "ID", "Amount")));
  }

  @Test
  void shouldReplaceOtherCharacters() {
    assertEquals(
        List.of("Close_Date", "Gr__e", "_2024", "_", "a_b", "input_a_b", "input_a_b_2"),
        ColumnNames.of(List.of("Close Date", "Größe", "2024", "", "a.b", "a b", "a-b")));
  }

  @Test
  void shouldNotTakeNamesOfBigQueryItself() {
    assertEquals(
        List.of("input__PARTITIONTIME", "input__file_name", "_tables"),
        ColumnNames.of(List.of("_PARTITIONTIME", "_file_name", "_tables")));
  }

  @Test
  void shouldKeepLongNamesApartWithinTheLimit() {
    List<String> names = ColumnNames.of(List.of("a".repeat(400), "a".repeat(401), "A".repeat(300)));
    assertEquals(3, names.stream().distinct().count());
    assertTrue(names.stream().allMatch(name -> name.length() <= 300), names.toString());
  }
}
