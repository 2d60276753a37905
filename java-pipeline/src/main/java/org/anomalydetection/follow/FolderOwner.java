package org.anomalydetection.follow;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.anomalydetection.output.OutputFolder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The run that a folder is of, and whose turn it is to change committed files in it. A cluster may
 * go on with a job whose run is no more, or with a worker that it has given up: what that would
 * still commit is refused. On a local disk one process at a time changes files; elsewhere the run
 * that came last has the folder.
 */
final class FolderOwner implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String RUN = ".follow.run";
  private static final String TURN = ".follow.turn";
  private static final ReentrantLock LOCK = new ReentrantLock();

  private final String folder;
  private final String run;

  /**
   * @param run what tells the run from others
   */
  FolderOwner(String folder, String run) {
    this.folder = folder;
    this.run = run;
  }

  /** Its holder is the one who changes files. */
  interface Turn extends AutoCloseable {
    @Override
    void close() throws IOException;
  }

  /** Waits until nobody else changes files. */
  Turn turn() throws IOException {
    LOCK.lock();
    try {
      FileChannel channel = OutputFolder.isLocal(folder) ? locked() : null;
      return () -> end(channel);
    } catch (IOException | RuntimeException e) {
      LOCK.unlock();
      throw e;
    }
  }

  private FileChannel locked() throws IOException {
    FileChannel channel =
        FileChannel.open(
            Path.of(file(TURN).toString()), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      // It ends with the channel, and so with the process.
      var unused = channel.lock();
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void end(@Nullable FileChannel channel) throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      LOCK.unlock();
    }
  }

  /** Makes the folder this run's. */
  void take() throws IOException {
    try (OutputStream out = Channels.newOutputStream(FileSystems.create(file(RUN), "text/plain"))) {
      out.write(run.getBytes(UTF_8));
    }
  }

  /** Makes the folder nobody's. */
  void leave() throws IOException {
    FileSystems.delete(List.of(file(RUN)));
  }

  /**
   * Checks that the folder is still this run's.
   *
   * @throws WindowException if it is not
   */
  void require() throws IOException {
    String found;
    try (InputStream in = Channels.newInputStream(FileSystems.open(file(RUN)))) {
      found = new String(in.readAllBytes(), UTF_8);
    } catch (FileNotFoundException e) {
      found = "";
    }
    if (!found.equals(run)) {
      throw new WindowException(
          String.format(
              "expected %s to be followed into by this run, found that %s; nothing more of this one"
                  + " is committed",
              folder, found.isEmpty() ? "the run has ended" : "another one has taken its place"));
    }
  }

  private ResourceId file(String name) {
    return FileSystems.matchNewResource(OutputFolder.inside(folder, name), false);
  }
}
