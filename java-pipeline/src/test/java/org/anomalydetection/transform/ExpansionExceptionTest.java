package org.anomalydetection.transform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ExpansionExceptionTest {
  private static final String TRACEBACK =
      """
      Traceback (most recent call last):
        File "a.py", line 1, in f
          raise KeyError("x")
      KeyError: 'x'

      The above exception was the direct cause of the following exception:

      Traceback (most recent call last):
        File "b.py", line 2, in g
          raise SchemaError(text)
      anomaly_detection.errors.SchemaError: input: column Amount: expected DOUBLE, found STRING
      column Id: expected STRING, found nothing
      """;

  @Test
  void shouldHoldTheMessageOfTheOutermostException() {
    ExpansionException e = ExpansionException.of(TRACEBACK, null);
    assertEquals(
        "input: column Amount: expected DOUBLE, found STRING\n"
            + "column Id: expected STRING, found nothing",
        e.getMessage());
    assertEquals("anomaly_detection.errors.SchemaError", e.pythonType());
    assertTrue(e.isUnusableInput());
  }

  @Test
  void shouldHoldAnAnswerWithoutTraceback() {
    ExpansionException e = ExpansionException.of("refused: no such transform", null);
    assertEquals("", e.pythonType().replace("refused", ""));
    assertTrue(e.getMessage().endsWith("no such transform"));
    assertFalse(e.isUnusableInput());
  }

  @Test
  void shouldNotBlameTheInputForAFaultOfTheService() {
    String fault = "Traceback (most recent call last):\n  File \"a.py\"\nValueError: boom\n";
    assertFalse(ExpansionException.of(fault, null).isUnusableInput());
    assertEquals("boom", ExpansionException.of(fault, null).getMessage());
  }
}
