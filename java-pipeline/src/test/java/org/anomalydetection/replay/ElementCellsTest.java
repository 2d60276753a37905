package org.anomalydetection.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.anomalydetection.csv.RowParser;
import org.anomalydetection.source.Columns;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ElementCellsTest {
  private static final Columns COLUMNS = Columns.of("Id", List.of("Id", "Note"), Map.of());

  @ParameterizedTest
  @ValueSource(strings = {"\"caf\\ud800\"", "{\"base64\":\"Y2Fm7aCA\"}"})
  void shouldMakeAnErrorOfWhatHasNoUtf8(String note) {
    JsonNode element = ElementCells.read("{\"Id\":\"\\ud83d\\ude00\",\"Note\":" + note + "}").get();
    List<Row> rows = new ArrayList<>();
    List<Row> errors = new ArrayList<>();
    new RowParser(COLUMNS)
        .parse(
            "errors.jsonl",
            ElementCells.of(1, element, COLUMNS.names(), null),
            rows::add,
            errors::add);
    assertEquals(List.of(), rows);
    assertEquals(
        List.of(
            "\ud83d\ude00 Note: expected UTF-8 text, found caf\\xed\\xa0\\x80"
                + " {\"Id\":\"\ud83d\ude00\",\"Note\":{\"base64\":\"Y2Fm7aCA\"}}"),
        errors.stream()
            .map(
                error ->
                    String.join(
                        " ",
                        error.getString("id"),
                        error.getString("error"),
                        error.getString("element")))
            .toList());
  }
}
