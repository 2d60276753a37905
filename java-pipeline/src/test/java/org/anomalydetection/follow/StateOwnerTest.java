package org.anomalydetection.follow;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateOwnerTest {
  private static final Optional<Instant> SAVED = Optional.of(Instant.ofEpochMilli(20));

  private final StateOwner owner = new StateOwner("a", "c");

  @Test
  void shouldTakeTheStateOfTheRunsThatItGoesOnFrom() {
    assertDoesNotThrow(() -> owner.require(new StateOwner("a", "a").mark(), 20L, SAVED));
    assertDoesNotThrow(() -> owner.require(new StateOwner("a", "b").mark(), 10L, SAVED));
    assertDoesNotThrow(() -> owner.require(new StateOwner("a", "b").mark(), 0, SAVED));
  }

  @Test
  void shouldNeedNoStateWhereTheRunBeginsWithNone() {
    assertDoesNotThrow(() -> new StateOwner("c", "c").require(null, 30, Optional.empty()));
  }

  @Test
  void shouldRefuseTheStateOfOtherRunsAndNone() {
    refuses(new StateOwner("b", "b").mark(), 20L, "found that of an earlier run");
    refuses(null, 20L, "found one without any state of the step that commits rows");
  }

  /** The first marks had no format. */
  @ParameterizedTest
  @ValueSource(strings = {"a a", "0 a a", "11 a a"})
  void shouldRefuseTheStateOfAnotherFormat(String mark) {
    refuses(
        mark, 20L, "expected a savepoint with state of format 1, which is that of this version");
  }

  @Test
  void shouldRefuseAPositionBeforeTheOneOfTheState() {
    refuses(
        owner.mark(),
        30L,
        "expected the saved position to be 1970-01-01T00:00:00.030Z, as in the savepoint, or later,"
            + " found it set back to 1970-01-01T00:00:00.020Z");
  }

  private void refuses(@Nullable String mark, long position, String message) {
    WindowException e =
        assertThrows(WindowException.class, () -> owner.require(mark, position, SAVED));
    assertThat(e.getMessage(), containsString(message));
    assertThat(e.getMessage(), containsString("without --savepointPath a run goes on"));
  }
}
