package org.anomalydetection.integration;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.anomalydetection.follow.SavedPosition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that never end, committed in windows by a process that is killed. */
class FollowOnPrismTest {
  private static final int OLD_ROWS = 300;
  private static final long HOUR = 3_600_000;

  @TempDir Path folder;
  private final Map<String, Long> written = new TreeMap<>();
  private final List<Forked> runs = new ArrayList<>();
  private Path live;
  private Path out;

  @AfterEach
  void end() {
    runs.forEach(Forked::kill);
  }

  @Test
  void shouldCommitEveryRowOnceThoughTheProcessIsKilled() throws Exception {
    live = folder.resolve("live.csv");
    out = folder.resolve("out");
    long now = System.currentTimeMillis();
    Instant since = Instant.ofEpochMilli(now - 3 * HOUR);
    List<String> old = new ArrayList<>();
    for (int i = 0; i < OLD_ROWS; i++) {
      old.add(line("old" + i, now - 3 * HOUR + 1000 + i * 2L * HOUR / OLD_ROWS));
    }
    Files.write(live, old);

    Forked first = follow(since);
    writeUntil(first, now);
    ProcessHandle prism = first.handle().children().findFirst().orElseThrow();
    first.handle().destroyForcibly();
    prism.onExit().get(10, TimeUnit.SECONDS);
    assertEveryRowOnce();
    Instant position = position();

    String half = position.toString().replaceAll("[-:]", "");
    Files.writeString(
        out.resolve("errors-" + half + "-00000-of-00007.jsonl"), "of a half commit\n");
    writeUntil(follow(since), System.currentTimeMillis());
    assertThat(position(), greaterThan(position));
    assertEveryRowOnce();
    assertThat(oldFiles(), lessThan(10L));
    assertEquals(1, staged(), "what the killed run had staged is removed");
  }

  private Forked follow(Instant since) throws IOException {
    Forked run =
        Forked.main(folder, FollowProgram.class, live.toString(), out.toString(), since.toString());
    runs.add(run);
    return run;
  }

  /** Writes rows until those that were written some seconds after a time are committed. */
  private void writeUntil(Forked run, long time) throws Exception {
    int n = written.size();
    long end = System.nanoTime() + Outputs.LIMIT.toNanos();
    while (!Files.exists(out.resolve("position.json")) || position().toEpochMilli() < time + 6000) {
      assertTrue(run.isAlive(), run.err());
      assertTrue(System.nanoTime() < end, () -> "not committed within " + Outputs.LIMIT);
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 4; i++, n++) {
        lines.add(line((n % 10 == 0 ? "x" : "row") + n, System.currentTimeMillis()));
      }
      Files.write(live, lines, StandardOpenOption.APPEND);
      Thread.sleep(20);
    }
  }

  private String line(String id, long time) {
    written.put(id, time);
    return id + "," + time;
  }

  private Instant position() throws IOException {
    return new SavedPosition(out + "/position.json", Map.of("file", live.toString()))
        .read()
        .orElseThrow();
  }

  /** Compares the committed files with what was written up to the position. */
  private void assertEveryRowOnce() throws IOException {
    long position = position().toEpochMilli();
    List<String> expected =
        written.entrySet().stream()
            .filter(row -> row.getValue() < position)
            .map(Map.Entry::getKey)
            .toList();
    List<String> scored = ids(Outputs.scored(out));
    List<String> errors = ids(Outputs.errors(out));
    assertThat(errors, everyItem(startsWith("x")));
    assertThat(errors.size(), greaterThan(10));
    List<String> all = Stream.concat(scored.stream(), errors.stream()).sorted().toList();
    assertEquals(all.stream().distinct().toList(), all);
    // What comes later may be of a commit that the kill has cut, or that goes on.
    assertEquals(expected, all.stream().filter(id -> written.get(id) < position).toList());
  }

  private static List<String> ids(List<JsonNode> rows) {
    return rows.stream().map(row -> row.path("Id").asText()).toList();
  }

  /** Returns how many files there are of hours that were caught up with. */
  private long oldFiles() throws IOException {
    List<String> names = names();
    long live = written.get("old0") + 2 * HOUR;
    String time = Instant.ofEpochMilli(live).toString().replaceAll("[-:]|\\.[0-9]+", "");
    return names.stream()
        .filter(name -> name.startsWith("scored-"))
        .filter(name -> name.compareTo("scored-" + time) < 0)
        .count();
  }

  private long staged() throws IOException {
    return names().stream().filter(name -> name.startsWith(".follow-")).count();
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(out)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toList());
    }
  }
}
