package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.anomalydetection.summary.Counts;
import org.junit.jupiter.api.Test;

class RunTest {
  @Test
  void shouldFailWhenRowsAreLost() {
    RunException e =
        assertThrows(
            RunException.class, () -> Run.requireAll(new Counts(671, 167, 3, 1, List.of())));
    assertThat(
        e.getMessage(),
        containsString("expected 671 rows out, as many as were read, found 168: 167 scored and 1"));
    assertEquals(1, Failure.of(e).exitCode());
  }

  @Test
  void shouldAcceptThatAllRowsCameOut() {
    assertDoesNotThrow(() -> Run.requireAll(new Counts(671, 670, 3, 1, List.of())));
  }
}
