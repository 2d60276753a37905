package org.anomalydetection.follow;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.anomalydetection.follow.Piece.Kind;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits, by a watermark that the test moves. */
class CommitFnTest {
  private static final Duration LENGTH = Duration.standardSeconds(10);

  /** A position long ago would be followed by many windows, in which nothing happens. */
  private static final Instant FROM =
      Instant.ofEpochMilli(System.currentTimeMillis() / 3_600_000 * 3_600_000);

  @TempDir Path folder;
  private final FollowWindows windows = new FollowWindows(FROM, FROM, LENGTH);
  private SavedPosition saved;
  private FolderOwner owner;
  private StateOwner stateOwner = new StateOwner("1", "1");
  private TestStream.Builder<KV<String, Piece>> stream = emptyStream();

  @BeforeEach
  void make() throws IOException {
    Files.createDirectory(folder.resolve(".follow-1"));
    owner = new FolderOwner(folder.toString(), "1");
    owner.take();
    saved = new SavedPosition(folder.resolve("position.json").toString(), Map.of());
  }

  @Test
  void shouldCommitWindowsInTheirOrderWhateverThatOfTheirPieces() throws IOException {
    begin();
    add(Kind.READ, 2, "", 1);
    add(Kind.SCORED, 2, "c", 1);
    add(Kind.READ, 0, "", 2);
    add(Kind.READ, 0, "", 3);
    add(Kind.ERRORS, 0, "b", 1);
    add(Kind.SCORED, 0, "a", 4);
    run();
    assertEquals(List.of("errors 0 00000 b", "scored 0 00000 a", "scored 2 00000 c"), committed());
  }

  @Test
  void shouldMoveThePositionWhereNothingHappens() throws IOException {
    begin();
    stream = stream.advanceWatermarkTo(FROM.plus(LENGTH.multipliedBy(90)));
    add(Kind.SCORED, 91, "only one", 1);
    // It fails at the window that does not add up, so the position is where it had come to.
    assertThrows(Pipeline.PipelineExecutionException.class, this::run);
    assertEquals(Optional.of(end(90)), saved.read());
  }

  @Test
  void shouldCommitNothingOfAWindowThatDoesNotAddUp() throws IOException {
    begin();
    add(Kind.READ, 0, "", 1);
    add(Kind.SCORED, 0, "a", 1);
    add(Kind.READ, 1, "", 3);
    add(Kind.SCORED, 1, "b", 2);
    add(Kind.ERRORS, 1, "c", 2);
    RuntimeException e = assertThrows(Pipeline.PipelineExecutionException.class, this::run);
    assertThat(
        e.getMessage(),
        containsString(
            "expected 3 rows out, as many as were read, found 4: 2 scored and 2 in error; nothing"
                + " of it was committed"));
    assertEquals(List.of("scored 0 00000 a"), committed());
    assertEquals(Optional.of(end(0)), saved.read());
  }

  @Test
  void shouldNotCountWhatStandsBesideTheRows() throws IOException {
    begin();
    add(Kind.READ, 0, "", 3);
    add(Kind.SCORED, 0, "a", 2);
    add(Kind.ERRORS, 0, "b", 1);
    add(Kind.UNWRITTEN, 0, "c", 2);
    add(Kind.PREVIEW, 0, "d", 5);
    run();
    assertEquals(
        List.of("errors 0 00000 b", "errors 0 00001 c", "preview 0 00000 d", "scored 0 00000 a"),
        committed());
  }

  /** A runner that has gone back to a checkpoint comes with other files of the same rows. */
  @Test
  void shouldLeaveAWindowAsItIsThatComesOnceMore() throws IOException {
    begin();
    add(Kind.READ, 0, "", 2);
    add(Kind.SCORED, 0, "b", 1);
    add(Kind.SCORED, 0, "c", 1);
    run();
    saved.write(end(0));
    stream = emptyStream();
    begin();
    add(Kind.READ, 0, "", 1);
    add(Kind.SCORED, 0, "a", 1);
    add(Kind.READ, 1, "", 1);
    add(Kind.SCORED, 1, "d", 1);
    run();
    assertEquals(List.of("scored 0 00000 b", "scored 0 00001 c", "scored 1 00000 d"), committed());
    assertEquals(List.of(), staged());
  }

  @Test
  void shouldReplaceWhatAnAttemptLeftThatSavedNoPosition() throws IOException {
    begin();
    add(Kind.READ, 0, "", 2);
    add(Kind.SCORED, 0, "b", 1);
    add(Kind.SCORED, 0, "c", 1);
    files().window(end(-1)).commit("scored", List.of("b", "c"));
    add(Kind.SCORED, 0, "a", 0);
    run();
    assertEquals(List.of("scored 0 00000 a", "scored 0 00001 b", "scored 0 00002 c"), committed());
    assertEquals(List.of(), staged());
  }

  @Test
  void shouldCommitNothingWhenTheFolderIsAnotherRuns() throws IOException {
    FolderOwner other = new FolderOwner(folder.toString(), "2");
    other.take();
    begin();
    add(Kind.READ, 0, "", 1);
    add(Kind.SCORED, 0, "a", 1);
    RuntimeException e = assertThrows(Pipeline.PipelineExecutionException.class, this::run);
    assertThat(e.getMessage(), containsString("found that another one has taken its place"));
    other.leave();
    e = assertThrows(Pipeline.PipelineExecutionException.class, this::run);
    assertThat(e.getMessage(), containsString("found that the run has ended"));
    assertEquals(List.of(), committed());
    assertEquals(Optional.empty(), saved.read());
  }

  @Test
  void shouldCommitNothingWhereTheStateToGoOnWithIsNotThere() {
    stateOwner = new StateOwner("0", "1");
    begin();
    RuntimeException e = assertThrows(Pipeline.PipelineExecutionException.class, this::run);
    assertThat(
        e.getMessage(), containsString("found one without any state of the step that commits"));
  }

  /** The rows between them were read by neither run: the state goes on from where its run began. */
  @Test
  void shouldCommitNothingWhereThePositionWasSetBackBeforeAStateThatHasCommittedNothing()
      throws IOException {
    saved.write(end(-2));
    StateOwner restored = new StateOwner("1", "2");
    CommitFn commit = new CommitFn(windows, files(), saved, owner, restored);
    WindowException e =
        assertThrows(
            WindowException.class,
            () ->
                commit.passed(
                    null,
                    new Kept<>(null),
                    null,
                    new Kept<>(new StateOwner("1", "1").mark()),
                    null));
    assertThat(
        e.getMessage(),
        containsString(
            "expected the saved position to be "
                + end(-1)
                + ", as in the savepoint, or later, found it set back to "
                + end(-2)));
  }

  /** A value that an engine has kept. */
  private record Kept<T>(T value) implements ValueState<T> {
    @Override
    public T read() {
      return value;
    }

    @Override
    public ValueState<T> readLater() {
      return this;
    }

    @Override
    public void write(T other) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void clear() {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void shouldKeepWhatComesAfterItsWindowWasCommitted() throws IOException {
    begin();
    add(Kind.READ, 0, "", 1);
    add(Kind.SCORED, 0, "a", 1);
    stream = stream.advanceWatermarkTo(FROM.plus(LENGTH.multipliedBy(3)));
    add(Kind.READ, 0, "", 1);
    add(Kind.SCORED, 0, "b", 1);
    run();
    assertEquals(List.of("scored 0 00000 a", "scored 0 late b"), committed());
  }

  private static TestStream.Builder<KV<String, Piece>> emptyStream() {
    return TestStream.create(KvCoder.of(StringUtf8Coder.of(), SerializableCoder.of(Piece.class)))
        .advanceWatermarkTo(FROM);
  }

  private void begin() {
    stream = stream.addElements(TimestampedValue.of(KV.of("", Piece.begin()), FROM));
  }

  private void add(Kind kind, int window, String file, long rows) throws IOException {
    if (!file.isEmpty()) {
      Files.writeString(folder.resolve(".follow-1").resolve(file), file);
    }
    Instant start = FROM.plus(LENGTH.multipliedBy(window));
    Piece piece = Piece.of(kind, windows.at(start), file, rows);
    stream =
        stream.addElements(TimestampedValue.of(KV.of("", piece), windows.at(start).maxTimestamp()));
  }

  private void run() {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(stream.advanceWatermarkToInfinity())
        .apply(ParDo.of(new CommitFn(windows, files(), saved, owner, stateOwner)));
    pipeline.run().waitUntilFinish();
  }

  private WindowFiles files() {
    return new WindowFiles(folder + "/", folder + "/.follow-1/", ".jsonl");
  }

  private List<String> staged() throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve(".follow-1"))) {
      return all.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static java.time.Instant end(int window) {
    return java.time.Instant.ofEpochMilli(FROM.plus(LENGTH.multipliedBy(window + 1)).getMillis());
  }

  /** Returns the kind, the number of the window, the number and the content of each file. */
  private List<String> committed() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(file -> file.toString().endsWith(".jsonl"))
          .map(CommitFnTest::inWords)
          .sorted()
          .toList();
    }
  }

  private static String inWords(Path file) {
    String[] parts = file.getFileName().toString().split("-", 4);
    long start = WindowFiles.start(file.getFileName().toString()).orElseThrow().toEpochMilli();
    try {
      return String.format(
          "%s %d %s %s",
          parts[0],
          (start - FROM.getMillis()) / LENGTH.getMillis(),
          parts[2],
          Files.readString(file));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
