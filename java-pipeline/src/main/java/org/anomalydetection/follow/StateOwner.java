package org.anomalydetection.follow;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Whose state the steps of a run may go on with.
 *
 * @param first the run that began with no state
 * @param run the run itself, which is that one or goes on from it
 */
record StateOwner(String first, String run) implements Serializable {
  private static final String INSTEAD =
      "; without --savepointPath a run goes on from the saved position";

  /** Returns how the state says whose it is. */
  String mark() {
    return first + " " + run;
  }

  /**
   * Checks state that the run has not made, before it makes use of it.
   *
   * @param mark whose the state is, null if it does not say
   * @param position the end of the last window that was committed by it, or where it began
   * @param saved the saved position
   * @throws WindowException if it is not of a run that this one goes on from, or knows of rows as
   *     committed that are no more
   */
  void require(@Nullable String mark, long position, Optional<Instant> saved) {
    if (first.equals(run)) {
      return;
    }
    if (mark == null || !mark.startsWith(first + " ")) {
      throw new WindowException(
          String.format(
              "--savepointPath: expected a savepoint of the last run that followed into the folder,"
                  + " or of one that it went on from, found one %s%s",
              mark == null ? "without what was to be committed" : "of a run before it", INSTEAD));
    }
    if (saved.filter(at -> at.toEpochMilli() < position).isPresent()) {
      throw new WindowException(
          String.format(
              "--savepointPath: expected the saved position to be %s, as in the savepoint, or"
                  + " later, found it set back to %s%s",
              Instant.ofEpochMilli(position), saved.get(), INSTEAD));
    }
  }
}
