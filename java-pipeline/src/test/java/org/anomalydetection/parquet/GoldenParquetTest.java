package org.anomalydetection.parquet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.Project;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.RowParser;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The reader of Parquet against the files that Python's is held to as well. */
class GoldenParquetTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String FOLDER = "contract/golden/reader/";

  private final List<String> rows = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();

  @BeforeEach
  void read() throws IOException {
    for (String name : List.of("values.parquet", "old.parquet", "broken.parquet")) {
      read(name);
    }
  }

  @Test
  void shouldReadTheGoodRows() throws IOException {
    assertEquals(golden("parquet_rows.jsonl"), rows);
  }

  @Test
  void shouldReportTheBadRows() throws IOException {
    assertEquals(golden("parquet_errors.jsonl"), errors);
  }

  private void read(String name) throws IOException {
    ParquetFile file =
        ParquetFile.read(Project.file(FOLDER + name).toString(), "Id", ContractSchema.inputKinds());
    RowParser parser = new RowParser(file.columns());
    for (RowGroup group : file.groups()) {
      try (GroupReader reader = GroupReader.open(group, 0)) {
        while (reader.next() < group.rows()) {
          long number = group.before() + reader.next() + 1;
          parser.parse(
              name,
              reader.read(),
              row -> {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("file", name);
                line.put("row", number);
                line.put("values", values(row));
                rows.add(json(line));
              },
              error -> errors.add(json(values(error))));
        }
      }
    }
  }

  private static List<String> golden(String name) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Project.text(FOLDER + name).lines().toList()) {
      lines.add(MAPPER.writeValueAsString(MAPPER.readTree(line)));
    }
    return lines;
  }

  private static Map<String, Object> values(Row row) {
    Map<String, Object> values = new LinkedHashMap<>();
    row.getSchema().getFieldNames().forEach(name -> values.put(name, row.getValue(name)));
    return values;
  }

  private static String json(Map<String, Object> line) {
    JsonNode node = MAPPER.valueToTree(line);
    return node.toString();
  }
}
