package org.anomalydetection.writeback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.anomalydetection.ScoredRows;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;

/** The values that fields get, in the form in which they compare. */
class TargetFieldTest {
  private static final TargetField SCORE = new TargetField(Value.SCORE, "S__c", 4, 0, false);
  private static final TargetField LABEL = new TargetField(Value.LABEL, "L__c", 0, 0, false);
  private static final TargetField BOX = new TargetField(Value.LABEL, "B__c", 0, 0, true);
  private static final TargetField REASON = new TargetField(Value.REASON, "R__c", 0, 80, false);
  private static final Row ODD = ScoredRows.of("a", 0.68765, "Amount");
  private static final Row EVEN = ScoredRows.of("a", 0.1, null);

  @Test
  void shouldCompareAtTheScaleOfTheField() throws Exception {
    assertEquals("0.6877", SCORE.of(ODD));
    assertEquals("0.6877", SCORE.of(record("{\"S__c\": 0.68769}")));
    assertEquals("0.1000", SCORE.of(EVEN));
    assertEquals("0.1000", SCORE.of(record("{\"S__c\": 0.1}")));
    assertEquals("1.0000", SCORE.of(record("{\"S__c\": 1}")));
    assertNull(SCORE.of(record("{\"S__c\": null}")));
  }

  @Test
  void shouldWriteALabelAsANumberOrACheckbox() throws Exception {
    assertEquals("1", LABEL.of(ODD));
    assertEquals("0", LABEL.of(EVEN));
    assertEquals("1", LABEL.of(record("{\"L__c\": 1.0}")));
    assertEquals("true", BOX.of(ODD));
    assertEquals("false", BOX.of(EVEN));
    assertEquals("false", BOX.of(record("{\"B__c\": false}")));
  }

  @Test
  void shouldWriteAReasonAsSalesforceKeepsIt() throws Exception {
    assertEquals("Amount is 1, expected missing", REASON.of(ODD));
    assertNull(REASON.of(EVEN));
    assertNull(REASON.of(record("{\"R__c\": \"\"}")));
    assertEquals("a b is 1, expected missing", REASON.of(ScoredRows.of("a", 1, " a\r\n\0\tb")));
  }

  @Test
  void shouldShowThatAReasonWasCut() {
    String blank = "x".repeat(78);
    assertEquals(blank + "…", REASON.of(ScoredRows.of("a", 1, blank)));
    String whole = "x".repeat(80 - " is 1, expected missing".length());
    assertEquals(whole + " is 1, expected missing", REASON.of(ScoredRows.of("a", 1, whole)));
    String cut = REASON.of(ScoredRows.of("a", 1, "x" + "😀".repeat(60)));
    assertEquals("x" + "😀".repeat(39) + "…", cut);
    assertEquals(80, cut.length());
  }

  private static JsonNode record(String json) throws Exception {
    return new ObjectMapper().readTree(json);
  }
}
