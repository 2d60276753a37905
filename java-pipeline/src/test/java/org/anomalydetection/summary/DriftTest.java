package org.anomalydetection.summary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.Project;
import org.junit.jupiter.api.Test;

class DriftTest {
  @Test
  void shouldWarnAsPythonDoes() throws IOException {
    JsonNode cases =
        new ObjectMapper().readTree(Project.text("contract/golden/drift.json")).required("cases");
    for (JsonNode example : cases) {
      Map<String, Long> counters = new HashMap<>();
      example
          .required("counters")
          .fields()
          .forEachRemaining(entry -> counters.put(entry.getKey(), entry.getValue().asLong()));
      List<String> expected = new ArrayList<>();
      example.required("warnings").forEach(line -> expected.add(line.asText()));
      assertEquals(expected, Drift.warnings(counters), example.required("name").asText());
    }
    assertTrue(cases.size() > 5);
  }
}
