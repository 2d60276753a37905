package org.anomalydetection.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.anomalydetection.output.OutputFolder.Kind;
import org.apache.beam.sdk.schemas.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFolderTest {
  @TempDir Path folder;

  @Test
  void shouldHoldExactlyTheLastRun() throws IOException {
    Files.writeString(folder.resolve("scored-00000-of-00002.jsonl"), "old");
    Files.writeString(folder.resolve("scored-00001-of-00002.jsonl"), "old");
    Files.writeString(folder.resolve("errors-00000-of-00002.jsonl"), "old");
    Files.writeString(folder.resolve("notes.txt"), "somebody's");
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
            "notes.txt"),
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
