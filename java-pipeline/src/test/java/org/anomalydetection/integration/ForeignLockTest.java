package org.anomalydetection.integration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.anomalydetection.locks.FolderLock;
import org.anomalydetection.pipeline.MainResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others write into the lock of a folder steers no terminal. */
class ForeignLockTest {
  @TempDir Path folder;

  @Test
  void shouldShowWhoHasTheLockInPlainText() throws Exception {
    Path lock = folder.resolve(FolderLock.NAME);
    Forked other = Forked.main(folder, ForeignLockTest.class, lock.toString());
    try {
      other.await(Duration.ofSeconds(30), "the lock", () -> Files.exists(lock));
      other.await(Duration.ofSeconds(30), "who has it", () -> Files.size(lock) > 0);
      MainResult result =
          MainResult.of("--expansionService=127.0.0.1:1", "--output=" + folder, "--report=false");
      assertEquals(2, result.exitCode(), result.err());
      assertThat(
          result.err(), containsString("another run writes into it: \ufffd[31mprocess, since now"));
    } finally {
      other.kill();
    }
  }

  /** Locks a file until it is killed. */
  public static void main(String[] args) throws Exception {
    FileChannel channel =
        FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    var unused = channel.lock();
    channel.write(
        ByteBuffer.wrap(
            "{\"run\":\"r\",\"process\":\"\\u001b[31mprocess\",\"since\":\"now\",\"renewals\":0}"
                .getBytes(UTF_8)));
    Thread.sleep(Long.MAX_VALUE);
  }
}
