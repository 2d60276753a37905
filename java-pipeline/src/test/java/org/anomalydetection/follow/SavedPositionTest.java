package org.anomalydetection.follow;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SavedPositionTest {
  private static final Instant TIME = Instant.parse("2026-11-29T01:05:00Z");
  private static final Map<String, String> ORG =
      Map.of("host", "one.example.com", "object", "Opportunity", "fields", "Id, Amount");

  @TempDir Path folder;

  @BeforeAll
  static void register() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void shouldReadWhatWasWrittenLast() throws IOException {
    SavedPosition saved = saved(ORG);
    assertEquals(Optional.empty(), saved.read());
    saved.write(TIME);
    saved.write(TIME.plusSeconds(10));
    assertEquals(Optional.of(TIME.plusSeconds(10)), saved.read());
    try (Stream<Path> files = Files.list(file().getParent())) {
      assertEquals(List.of(file()), files.toList());
    }
  }

  @Test
  void shouldLeaveTheOldPositionWhereTheNewOneCannotBeWritten() throws IOException {
    saved(ORG).write(TIME);
    // So long that the new one has no name beside it.
    Path file = Files.move(file(), file().resolveSibling("p".repeat(250)));
    SavedPosition saved = new SavedPosition(file.toString(), ORG);
    assertThrows(IOException.class, () -> saved.write(TIME.plusSeconds(10)));
    assertEquals(Optional.of(TIME), saved.read());
  }

  @ParameterizedTest
  @CsvSource({
    "host, two.example.com, the host one.example.com",
    "object, Account, the object Opportunity",
    "fields, 'Id, Name', 'the fields Id, Amount'"
  })
  void shouldRefuseThePositionOfAnotherSource(String name, String other, String then)
      throws IOException {
    saved(ORG).write(TIME);
    Map<String, String> now = new HashMap<>(ORG);
    now.put(name, other);
    PositionException e = assertThrows(PositionException.class, () -> saved(now).read());
    assertThat(e.getMessage(), containsString("--position: " + file()));
    assertThat(e.getMessage(), containsString(then));
    assertThat(e.getMessage(), containsString("found " + other));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"version\": 1, \"pos | expected JSON",
        "{\"version\": 2} | expected version 1, found 2",
        "7 | expected version 1, found",
        "{\"version\": 1, \"source\": {\"file\": \"a\"}, \"position\": \"yesterday\"} | a time as",
      })
  void shouldRefuseWhatIsNoPosition(String text, String expected) throws IOException {
    Files.createDirectories(file().getParent());
    Files.writeString(file(), text);
    PositionException e =
        assertThrows(PositionException.class, () -> saved(Map.of("file", "a")).read());
    assertThat(e.getMessage(), containsString(expected));
  }

  private SavedPosition saved(Map<String, String> source) {
    return new SavedPosition(file().toString(), source);
  }

  private Path file() {
    return folder.resolve("new/position.json");
  }
}
