package org.anomalydetection.locks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalLockTest {
  @TempDir Path folder;

  @BeforeAll
  static void register() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void shouldKeepOutASecondRunOfThisProcess() throws IOException {
    FolderLock first = FolderLock.take(folder.toString());
    IOException e = assertThrows(IOException.class, () -> FolderLock.take(folder + "/."));
    assertThat(
        e.getMessage(),
        containsString("another run writes into it: process " + ProcessHandle.current().pid()));
    first.require();
    first.close();
    assertThrows(IOException.class, first::require);
    FolderLock next = FolderLock.take(folder.toString());
    first.close();
    assertThrows(IOException.class, () -> FolderLock.take(folder.toString()));
    next.close();
  }

  @Test
  void shouldNotBeTheFileThatAnotherRunHasPutThere() throws IOException {
    Path file = folder.resolve(FolderLock.NAME);
    try (FolderLock lock = FolderLock.take(folder.toString())) {
      Files.delete(file);
      IOException e = assertThrows(IOException.class, lock::require);
      assertThat(e.getMessage(), containsString("found it removed"));
      Files.writeString(file, "of another run");
      assertThrows(IOException.class, lock::require);
    }
    assertEquals("of another run", Files.readString(file));
  }

  @Test
  void shouldBeForAllWhoMayWriteIntoTheFolder() throws IOException {
    Path shared = Files.createDirectory(folder.resolve("shared"));
    Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxrwxr-x"));
    Path file = shared.resolve(FolderLock.NAME);
    FolderLock lock = FolderLock.take(shared.toString());
    assertEquals(PosixFilePermissions.fromString("rw-rw-r--"), Files.getPosixFilePermissions(file));
    lock.close();
    assertFalse(Files.exists(file));
  }

  @Test
  void shouldNotWriteWhatALinkLeadsTo() throws IOException {
    Path other = Files.writeString(folder.resolve("other"), "of somebody else");
    Path file = folder.resolve(FolderLock.NAME);
    for (Path target : List.of(other, folder.resolve("none"))) {
      Files.createSymbolicLink(file, target);
      IOException e = assertThrows(IOException.class, () -> FolderLock.take(folder.toString()));
      assertEquals(
          "expected the lock "
              + file.toRealPath(LinkOption.NOFOLLOW_LINKS)
              + " to be a file, found a link; remove it if no run goes on there",
          e.getMessage());
      Files.delete(file);
    }
    assertEquals("of somebody else", Files.readString(other));
    assertFalse(Files.exists(folder.resolve("none")));
    FolderLock.take(folder.toString()).close();
  }

  @Test
  void shouldLockTheFolderThatALinkLeadsTo() throws IOException {
    Path linked = Files.createDirectory(folder.resolve("linked"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), linked);
    try (FolderLock lock = FolderLock.take(link.toString())) {
      lock.require();
      assertThrows(IOException.class, () -> FolderLock.take(linked.toString()));
    }
  }

  @Test
  void shouldBeOfOneProcessUntilThatIsKilled() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LocalLockTest.class.getName(),
                folder.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(other.getInputStream(), UTF_8))) {
      assertEquals("locked", out.readLine());
      for (String attempt : List.of("first", "second")) {
        IOException e =
            assertThrows(IOException.class, () -> FolderLock.take(folder.toString()), attempt);
        assertThat(e.getMessage(), containsString("process " + other.pid() + " of "));
      }
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertEquals(true, Files.exists(folder.resolve(FolderLock.NAME)), "what was killed leaves it");
    FolderLock.take(folder.toString()).close();
  }

  /** Locks a folder until it is killed. */
  public static void main(String[] args) throws Exception {
    register();
    FolderLock.take(args[0]);
    System.out.println("locked");
    Thread.sleep(Long.MAX_VALUE);
  }
}
