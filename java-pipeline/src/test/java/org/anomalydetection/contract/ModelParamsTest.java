package org.anomalydetection.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.anomalydetection.Project;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelParamsTest {
  @TempDir Path folder;

  @Test
  void shouldTypeColumnsAsTheModelSays() throws IOException {
    Path params = folder.resolve("model.params");
    Files.writeString(
        params,
        """
        {"features": [
          {"name": "Amount", "kind": "categorical", "type": "STRING"},
          {"name": "Weight", "kind": "numeric", "type": "DOUBLE"},
          {"name": "Seen", "kind": "date", "type": "STRING"},
          {"name": "Age", "kind": "duration", "type": "DOUBLE", "from": "Seen", "to": "Sold"}
        ]}
        """);
    Map<String, CellKind> kinds = ModelParams.cellKinds(params.toString());
    assertEquals(CellKind.STRING, kinds.get("Amount"));
    assertEquals(CellKind.DOUBLE, kinds.get("Weight"));
    assertEquals(CellKind.DATE, kinds.get("Seen"));
    assertFalse(kinds.containsKey("Age"), "a duration is no column");
    assertEquals(CellKind.BOOLEAN, kinds.get("IsWon"), "other columns are typed by the contract");
  }

  @Test
  void shouldReadTheShippedModel() {
    assertEquals(
        CellKind.DOUBLE,
        ModelParams.cellKinds(Project.file("pretrained/model.params").toString()).get("Amount"));
  }

  @Test
  void shouldFallBackOnTheContract() throws IOException {
    Path damaged = Files.writeString(folder.resolve("model.params"), "{\"features\":");
    Path foreign = Files.writeString(folder.resolve("foreign.params"), "{}");
    for (Path params : new Path[] {damaged, foreign, folder.resolve("missing")}) {
      assertEquals(
          ContractSchema.inputKinds(), ModelParams.cellKinds(params.toString()), params.toString());
    }
    assertEquals(ContractSchema.inputKinds(), ModelParams.cellKinds("gs://bucket/model.params"));
  }
}
