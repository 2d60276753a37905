package org.anomalydetection.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileVersionTest {
  private static final String STORED = "memory://versions/a.csv";

  @TempDir Path folder;

  @BeforeEach
  void knowStores() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
    MemoryStore.clear();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a.csv", "a[1].csv", "a*.csv", "{a}.csv"})
  void shouldTellFilesOfALengthByTheirTimes(String name) throws IOException {
    Path file = Files.writeString(folder.resolve(name), "ten");
    Files.writeString(folder.resolve("a1.csv"), "other");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1000));
    FileVersion version = FileVersion.of(file.toString());
    assertEquals(new FileVersion(3, "1000"), version);
    assertTrue(version.isStillAt(file.toString()));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1001));
    assertFalse(version.isStillAt(file.toString()));
  }

  @Test
  void shouldTellFilesOfAnUnknownTimeByTheirLengths() throws IOException {
    MemoryStore.put(STORED, "ten");
    MemoryStore.modified(STORED, Instant.EPOCH);
    FileVersion version = FileVersion.of(STORED);
    assertEquals(new FileVersion(3, "0"), version);
    assertTrue(version.isStillAt(STORED));
    MemoryStore.put(STORED, "twenty");
    MemoryStore.modified(STORED, Instant.EPOCH);
    assertFalse(version.isStillAt(STORED));
  }

  @Test
  void shouldNotTakeAnotherObjectForOneWhoseNameIsAPattern() throws IOException {
    String named = STORED.replace("a.", "a?.");
    MemoryStore.put(STORED.replace("a.", "ab."), "another");
    MemoryStore.put(named, "ten");
    assertEquals(3, FileVersion.of(named).bytes());
  }

  @Test
  void shouldSayThatThereIsNoFile() throws IOException {
    Path file = Files.writeString(folder.resolve("a.csv"), "ten");
    FileVersion version = FileVersion.of(file.toString());
    Files.delete(file);
    assertFalse(version.isStillAt(file.toString()));
    assertThrows(FileNotFoundException.class, () -> FileVersion.of(file.toString()));
    assertThrows(FileNotFoundException.class, () -> FileVersion.of("memory://versions/none.csv"));
  }
}
