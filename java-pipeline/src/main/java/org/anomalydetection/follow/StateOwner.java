package org.anomalydetection.follow;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Which run the state is of that an engine keeps for the steps of a pipeline, such as in a
 * savepoint of Flink, and so which state a run may go on with.
 *
 * @param first the run that began without a savepoint
 * @param run the run itself, which is that one or goes on from it by savepoints
 */
record StateOwner(String first, String run) implements Serializable {
  /**
   * The format of the state and of the restrictions, which are records in Java's serialization: to
   * a later version that has added a component it reads as null or 0, without a word. To be raised
   * with each change to them.
   */
  static final int FORMAT = 1;

  private static final String INSTEAD =
      "; without --savepointPath a run goes on from the saved position";

  /** Returns what is put into the state to say of which format and run it is. */
  String mark() {
    return marked(first) + run;
  }

  private static String marked(String first) {
    return FORMAT + " " + first + " ";
  }

  /**
   * Checks the state that a savepoint has brought, before the run makes use of it.
   *
   * @param mark the {@link #mark} that was found in it, null if there is none
   * @param position the end of the last window that its run has committed, or where that run began
   * @param saved the saved position
   * @throws WindowException if it is of another format or of a run that this one does not go on
   *     from, or is later than the saved position: rows in between would be read by nobody
   */
  void require(@Nullable String mark, long position, Optional<Instant> saved) {
    if (first.equals(run)) {
      return;
    }
    if (mark != null && !mark.startsWith(FORMAT + " ")) {
      throw new WindowException(
          String.format(
              "--savepointPath: expected a savepoint with state of format %d, which is that of this"
                  + " version of the program, found one of another version%s",
              FORMAT, INSTEAD));
    }
    if (mark == null || !mark.startsWith(marked(first))) {
      throw new WindowException(
          String.format(
              "--savepointPath: expected a savepoint of the last run that followed into the folder,"
                  + " or of a run that it went on from, found %s%s",
              mark == null
                  ? "one without any state of the step that commits rows"
                  : "that of an earlier run",
              INSTEAD));
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
