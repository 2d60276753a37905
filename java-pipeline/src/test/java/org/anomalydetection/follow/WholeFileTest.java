package org.anomalydetection.follow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
  @TempDir Path folder;

  @BeforeAll
  static void register() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void shouldNotWriteWhatLinksLeadTo() throws IOException {
    Path other = Files.writeString(folder.resolve("other"), "of somebody else");
    Path file = folder.resolve("position.json");
    Files.createSymbolicLink(file, other);
    Files.createSymbolicLink(folder.resolve("position.json.new"), other);
    write(file, "new");
    assertEquals("new", Files.readString(file));
    assertEquals("of somebody else", Files.readString(other));
    assertFalse(Files.isSymbolicLink(file));
  }

  @Test
  void shouldLeaveNothingBesideTheFileWhereItCannotBeReplaced() throws IOException {
    Path file = folder.resolve("position.json");
    Files.createDirectories(file.resolve("in-the-way"));
    assertThrows(IOException.class, () -> write(file, "new"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void shouldKeepTheTurnOfAFolderInAFileOfItsOwn() throws IOException {
    Path other = folder.resolve("other");
    Files.createSymbolicLink(folder.resolve(".follow.turn"), other);
    FolderOwner owner = new FolderOwner(folder.toString(), "run");
    assertThrows(IOException.class, () -> owner.turn().close());
    assertFalse(Files.exists(other));
  }

  private static void write(Path file, String content) throws IOException {
    WholeFile.write(file.toString(), "text/plain", content.getBytes(UTF_8));
  }
}
