package org.anomalydetection.output;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.anomalydetection.files.MemoryStore;
import org.anomalydetection.output.OutputFolder.Kind;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.schemas.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
  private static final long WAIT_MILLIS = 200;

  @TempDir Path folder;

  @Test
  void shouldHoldExactlyTheLastRun() throws IOException {
    Files.writeString(folder.resolve("scored-00000-of-00002.jsonl"), "old");
    Files.writeString(folder.resolve("scored-00001-of-00002.jsonl"), "old");
    Files.writeString(folder.resolve("errors-00000-of-00002.jsonl"), "old");
    Files.writeString(folder.resolve("notes.txt"), "somebody's");
    Files.writeString(folder.resolve("scored-20261129T010500Z-00000-of-00001.jsonl"), "a window");
    OutputFolder output = prepare(folder);
    Path staging = Path.of(output.summary()).getParent();
    Files.writeString(staging.resolve("scored-b"), "second");
    Files.writeString(staging.resolve("scored-a"), "first");
    Files.writeString(staging.resolve("scored-c"), "of a bundle that was repeated");
    Files.writeString(Path.of(output.summary()), "{}");
    output.publish(Map.of(Kind.SCORED, List.of("scored-b", "scored-a")));
    assertEquals(
        Set.of(
            "scored-00000-of-00002.jsonl",
            "scored-00001-of-00002.jsonl",
            "errors-00000-of-00001.jsonl",
            "notes.txt",
            "scored-20261129T010500Z-00000-of-00001.jsonl"),
        names());
    assertEquals("first", Files.readString(folder.resolve("scored-00000-of-00002.jsonl")));
    assertEquals("second", Files.readString(folder.resolve("scored-00001-of-00002.jsonl")));
    assertEquals("", Files.readString(folder.resolve("errors-00000-of-00001.jsonl")));
  }

  @Test
  void shouldLeaveTheLastRunWhenThisOneFails() throws IOException {
    Files.writeString(folder.resolve("scored-00000-of-00001.jsonl"), "old");
    OutputFolder output = prepare(folder);
    Files.writeString(Path.of(output.summary()).resolveSibling("scored-a"), "half");
    output.discard();
    output.discard();
    assertEquals(Set.of("scored-00000-of-00001.jsonl"), names());
    assertEquals("old", Files.readString(folder.resolve("scored-00000-of-00001.jsonl")));
  }

  @Test
  void shouldKeepWhatIsNotInItsPlaceWherePublishingFails() throws IOException {
    OutputFolder output = prepare(folder);
    Path staging = Path.of(output.summary()).getParent();
    Files.writeString(staging.resolve("scored-a"), "scored");
    Files.writeString(staging.resolve("errors-b"), "in error");
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                output.publish(
                    Map.of(
                        Kind.SCORED,
                        List.of("scored-a"),
                        Kind.ERRORS,
                        List.of("errors-a", "errors-b"))));
    assertThat(
        e.getMessage(),
        containsString("not all was published; what is not in its place is kept in " + staging));
    output.discard();
    assertEquals("in error", Files.readString(staging.resolve("errors-b")));
  }

  @Test
  void shouldChangeNothingOfTheLastRunOnceThisOneIsDiscarded() throws IOException {
    Files.writeString(folder.resolve("scored-00000-of-00001.jsonl"), "old");
    OutputFolder output = prepare(folder);
    output.discard();
    assertThrows(IOException.class, () -> output.publish(Map.of()));
    assertEquals("old", Files.readString(folder.resolve("scored-00000-of-00001.jsonl")));
    assertEquals("nothing was published", output.outcome());
  }

  @Test
  void shouldDiscardNothingWhileItPublishes() throws Exception {
    MemoryStore.clear();
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    OutputFolder output = OutputFolder.prepare("memory://bucket/out", RowFormat.JSONL);
    String staging = output.summary().replaceFirst("summary$", "");
    MemoryStore.put(staging + "scored-a", "first");
    MemoryStore.put(staging + "scored-b", "second");
    MemoryStore.put(staging + "errors-a", "third");
    FutureTask<String> interrupt =
        new FutureTask<>(
            () -> {
              output.discard();
              return output.outcome();
            });
    MemoryStore.afterCopy(
        () -> {
          assertEquals(true, output.isPublishing());
          new Thread(interrupt).start();
          // It is not to come to its end now, and has the time to.
          assertThrows(
              TimeoutException.class, () -> interrupt.get(WAIT_MILLIS, TimeUnit.MILLISECONDS));
        });
    output.publish(
        Map.of(Kind.SCORED, List.of("scored-a", "scored-b"), Kind.ERRORS, List.of("errors-a")));
    assertEquals("all was published", interrupt.get());
    assertEquals(
        List.of(
            "memory://bucket/out/errors-00000-of-00001.jsonl",
            "memory://bucket/out/scored-00000-of-00002.jsonl",
            "memory://bucket/out/scored-00001-of-00002.jsonl"),
        MemoryStore.paths("memory://bucket/out/"));
  }

  @Test
  void shouldBeOfOneRunUntilThatHasPublishedOrDiscarded() throws IOException {
    OutputFolder first = prepare(folder);
    assertThat(
        assertThrows(IOException.class, () -> prepare(folder)).getMessage(),
        containsString("another run writes into it"));
    first.publish(Map.of());
    OutputFolder second = prepare(folder);
    assertThrows(IOException.class, () -> prepare(folder));
    second.discard();
    prepare(folder).discard();
  }

  @Test
  void shouldPublishNothingWhereAnotherRunHasTakenTheFolder() throws IOException {
    MemoryStore.clear();
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    OutputFolder output = OutputFolder.prepare("memory://bucket/out", RowFormat.JSONL);
    MemoryStore.put("memory://bucket/out/scored-00000-of-00001.jsonl", "of the other one");
    MemoryStore.put("memory://bucket/out/.run.lock", "the other one's");
    IOException e = assertThrows(IOException.class, () -> publishLater(output));
    assertThat(e.getMessage(), containsString("found that it was taken over by "));
    String kept = output.summary().replaceFirst("summary$", "");
    assertThat(e.getMessage(), containsString("what was written is kept in " + kept));
    output.discard();
    assertEquals(
        List.of(
            kept + "started",
            "memory://bucket/out/.run.lock",
            "memory://bucket/out/scored-00000-of-00001.jsonl"),
        MemoryStore.paths("memory://bucket/out/"));
  }

  @Test
  void shouldMoveNothingMoreOnceAnotherRunHasTakenTheFolder() throws IOException {
    MemoryStore.clear();
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    OutputFolder output = OutputFolder.prepare("memory://bucket/out", RowFormat.JSONL);
    List<String> files = IntStream.range(0, 250).mapToObj(i -> "scored-" + i).toList();
    String staging = output.summary().replaceFirst("summary$", "");
    files.forEach(file -> MemoryStore.put(staging + file, "row"));
    MemoryStore.afterCopy(OutputFolderTest::takeOver);
    IOException e =
        assertThrows(IOException.class, () -> output.publish(Map.of(Kind.SCORED, files)));
    assertThat(e.getMessage(), containsString("not all was published"));
    output.discard();
    assertEquals(100, MemoryStore.paths("memory://bucket/out/scored-").size());
    assertEquals(150, MemoryStore.paths(staging + "scored-").size());
  }

  @Test
  void shouldNotTakeAsPublishedWhatAnotherRunMayHaveRemoved() throws IOException {
    MemoryStore.clear();
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    OutputFolder output = OutputFolder.prepare("memory://bucket/out", RowFormat.JSONL);
    String staging = output.summary().replaceFirst("summary$", "");
    MemoryStore.put(staging + "scored-a", "first");
    MemoryStore.put(staging + "errors-a", "last");
    MemoryStore.afterCopy(() -> MemoryStore.afterCopy(OutputFolderTest::takeOver));
    IOException e =
        assertThrows(
            IOException.class,
            () ->
                output.publish(
                    Map.of(Kind.SCORED, List.of("scored-a"), Kind.ERRORS, List.of("errors-a"))));
    assertThat(e.getMessage(), containsString("it was taken over by "));
  }

  private static void takeOver() {
    MemoryStore.put("memory://bucket/out/.run.lock", "the other one's");
    waitUntilTheLockIsNotFresh();
  }

  private static void publishLater(OutputFolder output) throws IOException {
    waitUntilTheLockIsNotFresh();
    output.publish(Map.of());
  }

  private static void waitUntilTheLockIsNotFresh() {
    try {
      Thread.sleep(6 * WAIT_MILLIS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void shouldMakeTheFolder() throws IOException {
    prepare(folder.resolve("a/b")).publish(Map.of());
    assertEquals(true, Files.isDirectory(folder.resolve("a/b")));
  }

  @Test
  void shouldRefuseAFolderThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThrows(Exception.class, () -> prepare(file.resolve("sub")));
  }

  private static OutputFolder prepare(Path folder) throws IOException {
    OutputFolder output = OutputFolder.prepare(folder.toString(), RowFormat.JSONL);
    for (Kind kind : Kind.values()) {
      output.write(kind, Schema.builder().addStringField("x").build());
    }
    return output;
  }

  private Set<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
