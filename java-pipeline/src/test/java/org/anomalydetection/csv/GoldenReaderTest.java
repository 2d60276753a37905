package org.anomalydetection.csv;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.Project;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;

/** The reader against the files that Python's reader is held to as well. */
class GoldenReaderTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final CsvFile.Parsed parsed =
      CsvFile.at(Project.file("contract/golden/reader/opportunities.csv"))
          .parse("opportunities.csv");

  @Test
  void shouldReadTheGoodRows() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < parsed.rows.size(); i++) {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("row", parsed.numbers.get(i));
      line.put("values", values(parsed.rows.get(i)));
      rows.add(MAPPER.writeValueAsString(line));
    }
    assertSame(golden("rows.jsonl"), rows);
  }

  @Test
  void shouldReportTheBadRows() throws IOException {
    List<String> errors = new ArrayList<>();
    for (Row error : parsed.errors) {
      errors.add(MAPPER.writeValueAsString(values(error)));
    }
    assertSame(golden("errors.jsonl"), errors);
  }

  private static List<String> golden(String name) {
    return Project.text("contract/golden/reader/" + name).lines().toList();
  }

  private static void assertSame(List<String> expected, List<String> found) throws IOException {
    for (int i = 0; i < Math.min(expected.size(), found.size()); i++) {
      JsonNode line = MAPPER.readTree(expected.get(i));
      assertEquals(MAPPER.writeValueAsString(line), found.get(i), "line " + (i + 1));
    }
    assertEquals(expected.size(), found.size());
  }

  private static Map<String, Object> values(Row row) {
    Map<String, Object> values = new LinkedHashMap<>();
    row.getSchema().getFieldNames().forEach(name -> values.put(name, row.getValue(name)));
    return values;
  }
}
