package org.anomalydetection.follow;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WindowFilesTest {
  private static final Instant START = Instant.parse("2026-11-29T01:05:00Z");

  @TempDir Path folder;
  private WindowFiles files;

  @BeforeAll
  static void register() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @BeforeEach
  void make() throws IOException {
    Files.createDirectory(folder.resolve(".follow-1"));
    files = new WindowFiles(folder + "/", folder + "/.follow-1/", ".jsonl");
  }

  @Test
  void shouldNameFilesByTheirWindow() throws IOException {
    stage("b", "a", "c");
    files.window(START).commit("scored", List.of("b", "a", "c"));
    assertEquals(
        List.of(
            "scored-20261129T010500Z-00000-of-00003.jsonl a",
            "scored-20261129T010500Z-00001-of-00003.jsonl b",
            "scored-20261129T010500Z-00002-of-00003.jsonl c"),
        committed());
  }

  @Test
  void shouldReplaceTheFilesOfTheSameWindowOnly() throws IOException {
    stage("a", "b", "c", "d", "e");
    files.window(START).commit("scored", List.of("a", "b"));
    files.window(START).commit("errors", List.of("c"));
    files.window(START.plusSeconds(10)).commit("scored", List.of("d"));
    files.window(START).commit("scored", List.of("e"));
    assertEquals(
        List.of(
            "errors-20261129T010500Z-00000-of-00001.jsonl c",
            "scored-20261129T010500Z-00000-of-00001.jsonl e",
            "scored-20261129T010510Z-00000-of-00001.jsonl d"),
        committed());
  }

  @Test
  void shouldChangeNothingWhenACommitIsRepeated() throws IOException {
    stage("a", "b");
    files.window(START).commit("scored", List.of("a", "b"));
    List<String> once = committed();
    files.window(START).commit("scored", List.of("a", "b"));
    assertEquals(once, committed());
    files.discard(List.of("a", "b", "gone"));
    assertEquals(once, committed());
    try (Stream<Path> left = Files.list(folder.resolve(".follow-1"))) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void shouldNotCommitAWindowOfWhichAFileIsGone() throws IOException {
    stage("a");
    IOException e =
        assertThrows(
            IOException.class, () -> files.window(START).commit("scored", List.of("a", "gone")));
    assertThat(e.getMessage(), containsString(".follow-1/gone"));
    assertEquals(List.of(), committed());
  }

  /** What Beam would look through for ever, and so would do it with many folders for long. */
  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldNotLookThroughTheFoldersBelowAtEachCommit() throws IOException {
    Files.createSymbolicLink(folder.resolve("one"), folder);
    Files.createSymbolicLink(folder.resolve("two"), folder);
    stage("a", "b", "late");
    files.window(START).commit("scored", List.of("a"));
    files.window(START).commit("scored", List.of("b"));
    files.commitLate("scored", START, "late");
    files.removeWindow(START.plusSeconds(10));
    assertEquals(2, files.after(START.minusSeconds(10)).size());
    assertEquals(
        List.of(
            "scored-20261129T010500Z-00000-of-00001.jsonl b",
            "scored-20261129T010500Z-late-late.jsonl late"),
        committed());
  }

  @Test
  void shouldKeepLateRowsBesideTheirWindow() throws IOException {
    stage("a", "late1", "late2");
    files.window(START).commit("scored", List.of("a"));
    files.commitLate("scored", START, "late1");
    files.commitLate("scored", START, "late1");
    files.commitLate("scored", START, "late2");
    files.removeWindow(START.plusSeconds(10));
    assertEquals(
        List.of(
            "scored-20261129T010500Z-00000-of-00001.jsonl a",
            "scored-20261129T010500Z-late-late1.jsonl late1",
            "scored-20261129T010500Z-late-late2.jsonl late2"),
        committed());
  }

  @Test
  void shouldRemoveTheWindowAtAPositionAndNothingElse() throws IOException {
    stage("a", "b", "c");
    Files.writeString(folder.resolve("scored-00000-of-00001.jsonl"), "of a run with an end");
    Files.writeString(folder.resolve("notes-20261129.txt"), "somebody's");
    assertFalse(files.isAny());
    files.window(START).commit("scored", List.of("a"));
    files.window(START.plusSeconds(10)).commit("scored", List.of("b"));
    files.window(START.plusSeconds(10)).commit("errors", List.of("c"));
    assertTrue(files.isAny());
    files.removeWindow(START.plusSeconds(10));
    assertEquals(
        List.of(
            "notes-20261129.txt somebody's",
            "scored-00000-of-00001.jsonl of a run with an end",
            "scored-20261129T010500Z-00000-of-00001.jsonl a"),
        committed());
  }

  @Test
  void shouldKnowTheWindowOfAFileByItsName() {
    assertEquals(
        Optional.of(START), WindowFiles.start("errors-20261129T010500Z-00001-of-00002.parquet"));
    assertEquals(Optional.empty(), WindowFiles.start("scored-00000-of-00001.jsonl"));
    assertEquals(Optional.empty(), WindowFiles.start("scored-20269929T010500Z-00000-of-00001.csv"));
  }

  private void stage(String... names) throws IOException {
    for (String name : names) {
      Files.writeString(folder.resolve(".follow-1").resolve(name), name);
    }
  }

  private List<String> committed() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).map(WindowFilesTest::withContent).sorted().toList();
    }
  }

  private static String withContent(Path file) {
    try {
      return file.getFileName() + " " + Files.readString(file);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
