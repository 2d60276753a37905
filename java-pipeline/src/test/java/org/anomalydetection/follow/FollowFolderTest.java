package org.anomalydetection.follow;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.anomalydetection.output.RowFormat;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FollowFolderTest {
  private static final Instant TIME = Instant.parse("2026-11-29T01:05:00Z");
  private static final String BEFORE = "scored-20261129T010450Z-00000-of-00001.jsonl";
  private static final String FROM = "scored-20261129T010500Z-00000-of-00001.jsonl";

  private static final Duration WINDOW = Duration.ofSeconds(10);

  @TempDir Path folder;

  @BeforeAll
  static void register() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void shouldSaveWhereItBeginsBeforeAnythingIsCommitted() throws IOException {
    try (FollowFolder first = open(Optional.of(TIME.plusMillis(700)))) {
      assertFalse(first.isResumed());
      assertEquals(TIME, first.from());
      assertEquals(TIME, first.position());
    }
    try (FollowFolder again = open(Optional.of(TIME.minusSeconds(3600)))) {
      assertTrue(again.isResumed());
      assertEquals(TIME, again.from());
    }
  }

  @Test
  void shouldNeedATimeToBeginAtWhereThereIsNoPosition() {
    PositionException e = assertThrows(PositionException.class, () -> open(Optional.empty()));
    assertThat(e.getMessage(), containsString("--since: expected the time to follow from"));
  }

  @Test
  void shouldRemoveWhatARunThatDiedLeftBehind() throws IOException {
    saved().write(TIME);
    Files.createDirectories(folder.resolve("out/.follow-dead"));
    Files.writeString(folder.resolve("out/.follow-dead/scored-1"), "");
    Files.writeString(folder.resolve("out").resolve(BEFORE), "");
    Files.writeString(folder.resolve("out").resolve(FROM), "");
    try (FollowFolder resumed = open(Optional.empty())) {
      assertEquals(TIME, resumed.from());
      assertEquals(List.of(BEFORE), visible());
      assertEquals(1, staged());
    }
    assertEquals(List.of(BEFORE), visible());
    assertEquals(0, staged());
  }

  @Test
  void shouldRefuseFilesOfWindowsWhosePositionIsLost() throws IOException {
    Files.createDirectories(folder.resolve("out"));
    Files.writeString(folder.resolve("out").resolve(BEFORE), "");
    PositionException e = assertThrows(PositionException.class, () -> open(Optional.of(TIME)));
    assertThat(e.getMessage(), containsString("would be there twice"));
    assertEquals(List.of(BEFORE), visible());
  }

  @Test
  void shouldRefuseAPositionBeforeFilesOfWindows() throws IOException {
    String after = "errors-20261129T010510Z-00000-of-00001.jsonl";
    saved().write(TIME);
    Files.createDirectories(folder.resolve("out"));
    for (String name : List.of(BEFORE, FROM, after)) {
      Files.writeString(folder.resolve("out").resolve(name), "");
    }
    PositionException e = assertThrows(PositionException.class, () -> open(Optional.of(TIME)));
    assertThat(
        e.getMessage(),
        containsString("no files of windows after the position 2026-11-29T01:05:00Z"));
    assertThat(e.getMessage(), containsString("found 1 in "));
    assertThat(e.getMessage(), containsString(", from " + after + " to " + after));
    assertEquals(List.of(after, BEFORE, FROM), visible());
  }

  @Test
  void shouldRefuseAFolderThatAnotherSourceIsFollowedInto() throws IOException {
    open(Optional.of(TIME)).close();
    SavedPosition other =
        new SavedPosition(folder.resolve("other.json").toString(), Map.of("file", "b"));
    PositionException e =
        assertThrows(
            PositionException.class,
            () -> FollowFolder.open(out(), RowFormat.JSONL, other, Optional.of(TIME)));
    assertThat(e.getMessage(), containsString("of another source, with the file a, found b"));
  }

  /** A folder is what nobody can read, not even root, for whom all files are readable. */
  @Test
  void shouldBlameThePositionWhereItCannotBeRead() throws IOException {
    Path position = Files.createDirectories(folder.resolve("position.json"));
    PositionException e = assertThrows(PositionException.class, () -> open(Optional.of(TIME)));
    assertEquals(
        String.format(
            "--position: expected a file that can be read and written, found %1$s: %1$s (Is a"
                + " directory)",
            position),
        e.getMessage());
  }

  @Test
  void shouldBlameThePositionWhereItCannotBeWritten() throws IOException {
    // So long that the new one has no name beside it.
    SavedPosition saved = saved("p".repeat(250));
    PositionException e =
        assertThrows(
            PositionException.class,
            () -> FollowFolder.open(out(), RowFormat.JSONL, saved, Optional.of(TIME)));
    assertThat(
        e.getMessage(),
        containsString("expected a file that can be read and written, found " + saved.path()));
  }

  @Test
  void shouldRefuseThePositionOfAnotherFolder() throws IOException {
    open(Optional.of(TIME)).close();
    String other = folder.resolve("other").toString();
    PositionException e = assertThrows(PositionException.class, () -> openAt(other));
    assertThat(
        e.getMessage(),
        containsString("it is of what is followed into " + out() + "/, found --output=" + other));
    assertFalse(Files.exists(folder.resolve("other/.follow.json")));
    open(Optional.empty()).close();

    Path file = folder.resolve("position.json");
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode position = (ObjectNode) mapper.readTree(Files.readString(file));
    position.remove("output");
    Files.writeString(file, position.toString());
    try (FollowFolder moved = openAt(other)) {
      assertEquals(TIME, moved.from());
    }
    assertThrows(PositionException.class, () -> open(Optional.empty()));
  }

  @Test
  void shouldGoOnInAFolderThatWasMoved() throws IOException {
    open(Optional.of(TIME)).close();
    Files.move(folder.resolve("out"), folder.resolve("other"));
    try (FollowFolder moved = openAt(folder.resolve("other").toString())) {
      assertEquals(TIME, moved.from());
    }
  }

  @Test
  void shouldGoOnFromAFolderAndAPositionOfAnEarlierVersion() throws IOException {
    String earlier = "{\"version\":1,\"position\":\"%s\",\"source\":{\"file\":\"a\"}}";
    Path first = Files.createDirectories(folder.resolve("out")).resolve(".follow.json");
    Files.writeString(first, String.format(earlier, TIME.minusSeconds(60)));
    Files.writeString(folder.resolve("position.json"), String.format(earlier, TIME));
    try (FollowFolder next = open(Optional.empty())) {
      assertEquals(TIME, next.from());
    }
    assertThat(Files.readString(first), containsString(TIME.minusSeconds(60).toString()));
    assertThrows(PositionException.class, () -> openAt(folder.resolve("other").toString()));
    open(Optional.empty()).close();
  }

  /** Both began when the position was of neither. */
  @Test
  void shouldNotCommitForTwoFoldersFromOnePosition() throws IOException {
    SavedPosition one = saved().of(new SavedPosition.Output("1", "one"));
    one.write(TIME);
    saved().of(new SavedPosition.Output("2", "two")).write(TIME);
    assertThrows(PositionException.class, () -> one.take("worker"));
  }

  @Test
  void shouldRefuseAFolderWithFilesOfARunWithAnEnd() throws IOException {
    Files.createDirectories(folder.resolve("out"));
    Files.writeString(folder.resolve("out/scored-00000-of-00001.jsonl"), "");
    IOException e = assertThrows(IOException.class, () -> open(Optional.of(TIME)));
    assertThat(e.getMessage(), containsString("files of a run with an end"));
  }

  @Test
  void shouldBeOfOneRunAtATime() throws IOException {
    try (FollowFolder one = open(Optional.of(TIME))) {
      IOException e = assertThrows(IOException.class, () -> open(Optional.of(TIME)));
      assertThat(e.getMessage(), containsString("another run writes into it: process "));
      assertEquals(1, staged());
      assertEquals(TIME, one.from());
    }
    open(Optional.empty()).close();
  }

  @Test
  void shouldKeepWhatIsNotCommittedForARunThatGoesOnWithTheState() throws IOException {
    try (FollowFolder first = open(Optional.of(TIME))) {
      first.steps(TIME, WINDOW);
      Files.writeString(folder.resolve("out").resolve(staging()).resolve("scored-1"), "");
      first.keep();
    }
    String kept = staging();
    Files.createDirectories(folder.resolve("out/.follow-other"));
    try (FollowFolder second = restored(RowFormat.JSONL, WINDOW)) {
      assertEquals(TIME, second.from());
      second.steps(TIME.plusSeconds(3600), WINDOW);
      assertEquals(kept, staging());
      assertTrue(Files.exists(folder.resolve("out").resolve(kept).resolve("scored-1")));
      second.keep();
    }
    try (FollowFolder third = restored(RowFormat.JSONL, WINDOW)) {
      assertEquals(kept, staging());
      assertEquals(TIME, third.from());
    }
    assertEquals(0, staged());
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"/../../other\"", "\"\"", "null"})
  void shouldRemoveNoFolderThatAStateLeadsTo(String run) throws IOException {
    Path other = Files.createDirectories(folder.resolve("other/files"));
    try (FollowFolder first = open(Optional.of(TIME))) {
      first.steps(TIME, WINDOW);
      first.keep();
    }
    Path state = folder.resolve("out/.follow.state");
    String text = Files.readString(state);
    String changed = text.replaceFirst("\"run\":\"[^\"]*\"", "\"run\":" + run);
    assertNotEquals(text, changed);
    Files.writeString(state, changed);
    refusesState(
        RowFormat.JSONL,
        WINDOW,
        String.format("expected the id of a run in %s, found %s;", state, run.replace("\"", "")));
    assertTrue(Files.exists(other));
    assertEquals(changed, Files.readString(state));
  }

  @Test
  void shouldRefuseAStateWhoseRestIsGone() throws IOException {
    try (FollowFolder ended = open(Optional.of(TIME))) {
      ended.steps(TIME, WINDOW);
    }
    refusesState(RowFormat.JSONL, WINDOW, "found it removed, as a run has ended there or begun");
    try (FollowFolder kept = open(Optional.empty())) {
      kept.steps(TIME, WINDOW);
      kept.keep();
    }
    // This one has begun anew, and written down nothing yet.
    try (FollowFolder anew = open(Optional.empty())) {
      anew.keep();
    }
    refusesState(RowFormat.JSONL, WINDOW, "found it removed, as a run has ended there or begun");
  }

  @Test
  void shouldRefuseAStateOfOtherWindowsOrFiles() throws IOException {
    try (FollowFolder kept = open(Optional.of(TIME))) {
      kept.steps(TIME, WINDOW);
      kept.keep();
    }
    refusesState(RowFormat.CSV, WINDOW, "--outputFormat: expected jsonl as the run had it");
    refusesState(
        RowFormat.JSONL, WINDOW.plusSeconds(1), "--commitEvery: expected PT10S as the run had it");
    assertEquals(1, staged());
  }

  private void refusesState(RowFormat format, Duration window, String message) {
    PositionException e =
        assertThrows(PositionException.class, () -> restored(format, window).close());
    assertThat(e.getMessage(), containsString(message));
  }

  private FollowFolder restored(RowFormat format, Duration window) throws IOException {
    return FollowFolder.restored(out(), format, saved(), window);
  }

  private FollowFolder open(Optional<Instant> since) throws IOException {
    return FollowFolder.open(out(), RowFormat.JSONL, saved(), since);
  }

  private FollowFolder openAt(String other) throws IOException {
    return FollowFolder.open(other, RowFormat.JSONL, saved(), Optional.empty());
  }

  private String out() {
    return folder.resolve("out").toString();
  }

  private SavedPosition saved() {
    return saved("position.json");
  }

  private SavedPosition saved(String name) {
    return new SavedPosition(folder.resolve(name).toString(), Map.of("file", "a"));
  }

  private List<String> visible() throws IOException {
    return names().stream().filter(name -> !name.startsWith(".")).toList();
  }

  /** Returns the only folder of what is not committed. */
  private String staging() throws IOException {
    List<String> found = names().stream().filter(name -> name.startsWith(".follow-")).toList();
    assertEquals(1, found.size());
    return found.get(0);
  }

  private long staged() throws IOException {
    return names().stream().filter(name -> name.startsWith(".follow-")).count();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("out"))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
