package org.anomalydetection.cloud.dataflow;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.anomalydetection.Project;
import org.junit.jupiter.api.Test;

class FlexTemplateTest {
  @Test
  void shouldHaveTheOptionsAsTheyAre() {
    assertEquals(
        FlexTemplate.json(),
        Project.text("java-pipeline/dataflow/metadata.json"),
        "gradle :java-pipeline:flexTemplate writes it anew");
  }
}
