package org.anomalydetection.follow;

import static org.anomalydetection.follow.Piece.Kind.BEGIN;
import static org.anomalydetection.follow.Piece.Kind.ERRORS;
import static org.anomalydetection.follow.Piece.Kind.PREVIEW;
import static org.anomalydetection.follow.Piece.Kind.READ;
import static org.anomalydetection.follow.Piece.Kind.SCORED;
import static org.anomalydetection.follow.Piece.Kind.UNWRITTEN;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.state.BagState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Commits windows, one after the other: it has all pieces under one key, and its one timer wakes it
 * when the watermark has passed the end of the next window, whether there are pieces of it or not.
 * So the position goes on where there is nothing to read.
 *
 * <p>A runner that has lost a worker goes back to a checkpoint, and comes with windows once more
 * whose files are there. The first time counts: what is before the saved position stays as it is.
 * Where an attempt ended before its position was saved, the window is put there anew, whatever
 * files hold its rows now. So it is where a run goes on with a savepoint of an earlier one.
 */
final class CommitFn extends DoFn<KV<String, Piece>, Void> {
  private static final long serialVersionUID = 1L;

  private static final long FAR_MILLIS = 3_600_000;

  @StateId("pieces")
  private final StateSpec<BagState<Piece>> piecesSpec =
      StateSpecs.bag(SerializableCoder.of(Piece.class));

  /** The end of the last window that was committed. */
  @StateId("position")
  private final StateSpec<ValueState<Long>> positionSpec = StateSpecs.value();

  /** When the timer wakes us. */
  @StateId("next")
  private final StateSpec<ValueState<Long>> nextSpec = StateSpecs.value();

  /** Whose state this is. */
  @StateId("run")
  private final StateSpec<ValueState<String>> runSpec = StateSpecs.value();

  @TimerId("passed")
  private final TimerSpec passedSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  private final FollowWindows windows;
  private final WindowFiles files;
  private final SavedPosition saved;
  private final FolderOwner owner;
  private final StateOwner stateOwner;

  CommitFn(
      FollowWindows windows,
      WindowFiles files,
      SavedPosition saved,
      FolderOwner owner,
      StateOwner stateOwner) {
    this.windows = windows;
    this.files = files;
    this.saved = saved;
    this.owner = owner;
    this.stateOwner = stateOwner;
  }

  @ProcessElement
  public void process(
      @Element KV<String, Piece> keyed,
      @StateId("pieces") BagState<Piece> pieces,
      @StateId("position") ValueState<Long> position,
      @StateId("next") ValueState<Long> next,
      @StateId("run") ValueState<String> run,
      @TimerId("passed") Timer passed)
      throws IOException {
    requireOwn(run, position);
    Piece piece = keyed.getValue();
    long committed = orElse(position.read(), windows.from());
    long wake;
    if (piece.kind() == BEGIN) {
      wake = windows.endAt(committed);
    } else if (piece.end() <= committed) {
      commitLate(piece);
      return;
    } else {
      pieces.add(piece);
      wake = piece.end();
    }
    if (wake < orElse(next.read(), Long.MAX_VALUE)) {
      next.write(wake);
      passed.set(org.joda.time.Instant.ofEpochMilli(wake));
    }
  }

  @OnTimer("passed")
  public void passed(
      @StateId("pieces") BagState<Piece> pieces,
      @StateId("position") ValueState<Long> position,
      @StateId("next") ValueState<Long> next,
      @StateId("run") ValueState<String> run,
      @TimerId("passed") Timer passed)
      throws IOException {
    requireOwn(run, position);
    long end = next.read();
    SortedMap<Long, List<Piece>> due = new TreeMap<>();
    List<Piece> rest = new ArrayList<>();
    for (Piece piece : pieces.read()) {
      if (piece.end() <= end) {
        due.computeIfAbsent(piece.start(), start -> new ArrayList<>()).add(piece);
      } else {
        rest.add(piece);
      }
    }
    try (FolderOwner.Turn turn = owner.turn()) {
      String claim = owner.claim();
      // Where turns lock nothing, who has begun this commit before is to save nothing of it.
      SavedPosition.Taken past = saved.take(claim);
      if (past.position().filter(time -> time.toEpochMilli() >= end).isEmpty()) {
        for (List<Piece> window : due.values()) {
          commit(window, claim);
        }
        // Nor is this one, if the folder has gone to another run, or another worker, meanwhile.
        owner.require(claim);
        saved.move(past, Instant.ofEpochMilli(end));
      }
      files.discard(due.values().stream().flatMap(CommitFn::files).toList());
    }
    position.write(end);
    pieces.clear();
    rest.forEach(pieces::add);
    long wake =
        Math.min(
            windows.endAt(end), rest.stream().mapToLong(Piece::end).min().orElse(Long.MAX_VALUE));
    if (rest.isEmpty() && end > System.currentTimeMillis() + FAR_MILLIS) {
      // The watermark of a source that has come to an end has none: nothing is left to wait for.
      next.clear();
    } else {
      next.write(wake);
      passed.set(org.joda.time.Instant.ofEpochMilli(wake));
    }
  }

  /** Looks at state that another run has left, the first time. */
  private void requireOwn(ValueState<String> run, ValueState<Long> position) throws IOException {
    String mark = run.read();
    if (!stateOwner.mark().equals(mark)) {
      stateOwner.require(mark, orElse(position.read(), windows.from()), saved.read());
      run.write(stateOwner.mark());
    }
  }

  private void commit(List<Piece> window, String claim) throws IOException {
    Instant start = Instant.ofEpochMilli(window.get(0).start());
    long read = rows(window, READ);
    long scored = rows(window, SCORED);
    long errors = rows(window, ERRORS);
    if (read != scored + errors) {
      throw new WindowException(
          String.format(
              Locale.ROOT,
              "the window from %s: expected %d rows out, as many as were read, found %d: %d scored"
                  + " and %d in error; nothing of it was committed",
              start,
              read,
              scored + errors,
              scored,
              errors));
    }
    owner.require(claim);
    WindowFiles.Window into = files.window(start);
    into.commit("scored", files(window, SCORED));
    owner.require(claim);
    into.commit("errors", files(window, ERRORS, UNWRITTEN));
    owner.require(claim);
    into.commit("preview", files(window, PREVIEW));
  }

  private void commitLate(Piece piece) throws IOException {
    if (piece.kind() == READ) {
      return;
    }
    try (FolderOwner.Turn turn = owner.turn()) {
      owner.require();
      files.commitLate(prefix(piece.kind()), Instant.ofEpochMilli(piece.start()), piece.file());
      files.discard(List.of(piece.file()));
    }
  }

  private static String prefix(Piece.Kind kind) {
    return (kind == UNWRITTEN ? ERRORS : kind).name().toLowerCase(Locale.ROOT);
  }

  private static Stream<String> files(List<Piece> window) {
    return window.stream().map(Piece::file).filter(file -> !file.isEmpty());
  }

  private static List<String> files(List<Piece> window, Piece.Kind... kinds) {
    Set<Piece.Kind> wanted = Set.of(kinds);
    return window.stream().filter(p -> wanted.contains(p.kind())).map(Piece::file).toList();
  }

  private static long rows(List<Piece> window, Piece.Kind kind) {
    return window.stream().filter(p -> p.kind() == kind).mapToLong(Piece::rows).sum();
  }

  private static long orElse(@Nullable Long value, long other) {
    return value == null ? other : value;
  }
}
