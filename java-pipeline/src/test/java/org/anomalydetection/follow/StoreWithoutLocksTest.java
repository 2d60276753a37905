package org.anomalydetection.follow;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.anomalydetection.files.MemoryStore;
import org.anomalydetection.follow.Piece.Kind;
import org.anomalydetection.output.RowFormat;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What others do to a folder in a store while a worker commits: its lock keeps out other runs, and
 * not the workers of a run that was killed, which a cluster goes on with.
 */
class StoreWithoutLocksTest {
  private static final String OUT = "memory://bucket/out";
  private static final String STAGING = OUT + "/.follow-1/";
  private static final Instant FROM =
      Instant.ofEpochMilli(System.currentTimeMillis() / 3_600_000 * 3_600_000);
  private static final java.time.Instant START = java.time.Instant.ofEpochMilli(FROM.getMillis());
  private static final FollowWindows WINDOWS =
      new FollowWindows(FROM, FROM, Duration.standardSeconds(10));

  private final SavedPosition saved =
      new SavedPosition("memory://bucket/position.json", Map.of("file", "a"));
  private final FolderOwner owner = new FolderOwner(OUT, "1");
  private final WindowFiles files = new WindowFiles(OUT + "/", STAGING, ".jsonl");

  @BeforeEach
  void empty() {
    MemoryStore.clear();
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void shouldCommitWhereNobodyElseDoes() throws IOException {
    owner.take();
    commit(Kind.SCORED);
    assertEquals(1, MemoryStore.paths(OUT + "/scored-").size());
    assertEquals(List.of(), MemoryStore.paths(STAGING));
    assertEquals(true, saved.read().orElseThrow().isAfter(START));
  }

  @Test
  void shouldSaveNoPositionOfARunThatEndedDuringTheCommit() throws IOException {
    owner.take();
    MemoryStore.afterCopy(() -> unchecked(owner::leave));
    // What is put in its place last.
    RuntimeException e =
        assertThrows(Pipeline.PipelineExecutionException.class, () -> commit(Kind.PREVIEW));
    assertThat(e.getMessage(), containsString("found that the run has ended"));
    assertEquals(Optional.empty(), saved.read());
  }

  @Test
  void shouldNotSetBackThePositionOfARunThatCameLater() throws IOException {
    saved.write(START);
    SavedPosition.Taken seen = saved.take("1");
    saved.write(START.plusSeconds(60));
    WindowException e =
        assertThrows(WindowException.class, () -> saved.move(seen, START.plusSeconds(10)));
    assertThat(
        e.getMessage(), containsString("found that another worker or run has written to it"));
    assertEquals(Optional.of(START.plusSeconds(60)), saved.read());
    saved.move(saved.take("2"), START.plusSeconds(70));
    assertEquals(Optional.of(START.plusSeconds(70)), saved.read());
    SavedPosition.Taken none = new SavedPosition.Taken("3", Optional.empty(), Optional.empty());
    assertThrows(WindowException.class, () -> saved.move(none, START));
  }

  /** Both have seen the same position, and would save the same next one. */
  @Test
  void shouldMoveThePositionForWhoHasTakenItLast() throws IOException {
    saved.write(START);
    SavedPosition.Taken first = saved.take("1");
    SavedPosition.Taken last = saved.take("2");
    java.time.Instant next = START.plusSeconds(10);
    assertThrows(WindowException.class, () -> saved.move(first, next));
    assertEquals(Optional.of(START), saved.read());
    saved.move(last, next);
    assertThrows(WindowException.class, () -> saved.move(first, next));
    assertEquals(Optional.of(next), saved.read());
  }

  @Test
  void shouldMoveAPositionInAStoreThatHeedsNoConditions() throws IOException {
    MemoryStore.heedNoConditions();
    saved.write(START);
    SavedPosition.Taken first = saved.take("1");
    saved.move(saved.take("2"), START.plusSeconds(10));
    assertThrows(WindowException.class, () -> saved.move(first, START.plusSeconds(10)));
    assertEquals(Optional.of(START.plusSeconds(10)), saved.read());
  }

  /** Else the files that the new run has removed would be those of a committed window. */
  @Test
  void shouldNotMoveThePositionForAWindowWhoseFilesTheNextRunHasRemoved() throws IOException {
    open(Optional.of(START)).close();
    owner.take();
    SavedPosition.Taken killed = saved.take(owner.claim());
    MemoryStore.put(STAGING + "a", "row");
    files.window(START).commit("scored", List.of("a"));
    try (FollowFolder next = open(Optional.empty())) {
      assertEquals(START, next.from());
      assertEquals(List.of(), MemoryStore.paths(OUT + "/scored-"));
      assertThrows(WindowException.class, () -> saved.move(killed, START.plusSeconds(10)));
      assertEquals(START, next.position());
    }
  }

  @Test
  void shouldSaveNoPositionOfACommitThatAnotherWorkerHasBegunBefore() throws IOException {
    owner.take();
    saved.write(START);
    SavedPosition.Taken earlier = saved.take("earlier");
    MemoryStore.afterCopy(
        () ->
            assertThrows(WindowException.class, () -> saved.move(earlier, START.plusSeconds(10))));
    commit(Kind.SCORED);
    assertEquals(true, saved.read().orElseThrow().isAfter(START));
  }

  @Test
  void shouldLeaveTheFolderToTheRunThatHasTakenIt() throws IOException {
    owner.take();
    FolderOwner other = new FolderOwner(OUT, "2");
    other.take();
    assertEquals(false, owner.leave());
    other.require();
    assertEquals(true, other.leave());
    assertThrows(WindowException.class, other::require);
  }

  @Test
  void shouldRemoveNothingOfTheRunThatHasTakenTheFolder() throws IOException {
    FollowFolder folder = open(Optional.of(START));
    String run = new MemoryStore.Conditions().read(OUT + "/.follow.run").orElseThrow().content();
    String staged = OUT + "/.follow-" + run + "/scored-1";
    MemoryStore.put(staged, "that the other run goes on with");
    new FolderOwner(OUT, "2").take();
    MemoryStore.put(OUT + "/.follow.state", "of the other run");
    folder.close();
    assertEquals(1, MemoryStore.paths(OUT + "/.follow.state").size());
    assertEquals(List.of(staged), MemoryStore.paths(OUT + "/.follow-"));
  }

  @Test
  void shouldLeaveTheWindowToTheWorkerThatBeganLast() throws IOException {
    owner.take();
    MemoryStore.afterCopy(() -> unchecked(owner::claim));
    RuntimeException e =
        assertThrows(
            Pipeline.PipelineExecutionException.class, () -> commit(Kind.SCORED, Kind.ERRORS));
    assertThat(e.getMessage(), containsString("found that another worker of the run has begun"));
    assertEquals(List.of(), MemoryStore.paths(OUT + "/errors-"));
    assertEquals(Optional.empty(), saved.read());
  }

  @Test
  void shouldNotCommitAWindowWithFilesOfAnotherWorker() {
    MemoryStore.put(STAGING + "a", "row");
    String other = OUT + "/scored-20261129T010500Z-00000-of-00002.jsonl";
    java.time.Instant start = WindowFiles.start("scored-20261129T010500Z-00000-of-1").orElseThrow();
    MemoryStore.afterCopy(() -> MemoryStore.put(other, "row"));
    IOException e =
        assertThrows(IOException.class, () -> files.window(start).commit("scored", List.of("a")));
    assertThat(e.getMessage(), containsString(other));

    String same = OUT + "/scored-20261129T010500Z-00000-of-00001.jsonl";
    MemoryStore.afterCopy(() -> MemoryStore.put(same, "row and row"));
    e = assertThrows(IOException.class, () -> files.window(start).commit("scored", List.of("a")));
    assertThat(e.getMessage(), containsString(same + "=11"));
  }

  /** A worker that a cluster has given up may still write. */
  @Test
  void shouldRemoveOnlyWhatOtherRunsHaveLeftADayAgo() throws IOException {
    String recent = OUT + "/.follow-recent/scored-1";
    String old = OUT + "/.follow-old/scored-1";
    MemoryStore.put(recent, "row");
    MemoryStore.put(old, "row");
    java.time.Instant now = java.time.Instant.now();
    MemoryStore.modified(recent, now.minus(java.time.Duration.ofHours(1)));
    MemoryStore.modified(old, now.minus(java.time.Duration.ofDays(2)));
    open(Optional.of(START)).close();
    assertEquals(List.of(recent), MemoryStore.paths(OUT + "/.follow-"));
  }

  @Test
  void shouldLeaveTheFilesOfACommitThatMayGoOnToTheNextRun() throws IOException {
    FollowFolder folder = open(Optional.of(START));
    MemoryStore.put(STAGING + "a", "row");
    files.window(START).commit("scored", List.of("a"));
    folder.close();
    assertEquals(1, MemoryStore.paths(OUT + "/scored-").size());
    open(Optional.empty()).close();
    assertEquals(List.of(), MemoryStore.paths(OUT + "/scored-"));
  }

  @Test
  void shouldRemoveWhatIsNotCommitted() throws IOException {
    Schema schema = Schema.builder().addStringField("Id").build();
    FollowFolder folder = open(Optional.of(START));
    FollowSteps steps = folder.steps(START, java.time.Duration.ofSeconds(10));
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(
            Create.timestamped(
                    TimestampedValue.of(Row.withSchema(schema).addValue("a").build(), FROM))
                .withCoder(RowCoder.of(schema)))
        .setRowSchema(schema)
        .apply(steps.intoWindows())
        .apply(steps.write("uncommitted"));
    pipeline.run().waitUntilFinish();
    assertEquals(1, MemoryStore.paths(OUT + "/.follow-").size());
    folder.close();
    assertEquals(List.of(), MemoryStore.paths(OUT + "/.follow-"));
  }

  private FollowFolder open(Optional<java.time.Instant> since) throws IOException {
    return FollowFolder.open(OUT, RowFormat.JSONL, saved, since);
  }

  /** Commits a window that has a file of a row of each of some kinds. */
  private void commit(Kind... kinds) {
    long read = Stream.of(kinds).filter(kind -> kind != Kind.PREVIEW).count();
    TestStream.Builder<KV<String, Piece>> stream =
        TestStream.create(KvCoder.of(StringUtf8Coder.of(), SerializableCoder.of(Piece.class)))
            .advanceWatermarkTo(FROM)
            .addElements(piece(Piece.begin()))
            .addElements(piece(Piece.of(Kind.READ, WINDOWS.at(FROM), "", read)));
    for (Kind kind : kinds) {
      MemoryStore.put(STAGING + kind, "row");
      stream = stream.addElements(piece(Piece.of(kind, WINDOWS.at(FROM), kind.toString(), 1)));
    }
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(stream.advanceWatermarkToInfinity())
        .apply(ParDo.of(new CommitFn(WINDOWS, files, saved, owner, new StateOwner("1", "1"))));
    pipeline.run().waitUntilFinish();
  }

  private static TimestampedValue<KV<String, Piece>> piece(Piece piece) {
    return TimestampedValue.of(KV.of("", piece), FROM);
  }

  private interface Act {
    void run() throws IOException;
  }

  private static void unchecked(Act act) {
    try {
      act.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
