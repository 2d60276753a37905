package org.anomalydetection.follow;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.anomalydetection.files.Stored;
import org.anomalydetection.output.OutputFolder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The run that a folder is of, and whose turn it is to change committed files in it. A cluster may
 * go on with a job whose run is no more, or with a worker that it has given up: what that would
 * still commit is refused. On a local disk one process at a time changes files; elsewhere the run
 * that came last has the folder, and the worker of it that came last.
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
            Path.of(file(TURN).toString()),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
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
    write(RUN, run);
  }

  /** Makes the folder nobody's, where it is still this run's, and tells whether it was. */
  boolean leave() throws IOException {
    boolean own = read(RUN).equals(run);
    if (own) {
      FileSystems.delete(List.of(file(RUN)));
    }
    return own;
  }

  /**
   * Checks that the folder is still this run's.
   *
   * @throws WindowException if it is not
   */
  void require() throws IOException {
    String found = read(RUN);
    if (!found.equals(run)) {
      throw new WindowException(
          String.format(
              "expected %s to be followed into by this run, found that %s; nothing more of this one"
                  + " is committed",
              folder, found.isEmpty() ? "the run has ended" : "another one has taken its place"));
    }
  }

  /**
   * Begins a commit, in a turn, and returns what to {@link #require(String) require} in the course
   * of it. Where turns lock nothing, that ends a commit which another worker has begun.
   *
   * @throws WindowException if the folder is not this run's
   */
  String claim() throws IOException {
    require();
    String claim = UUID.randomUUID().toString();
    if (!OutputFolder.isLocal(folder)) {
      write(TURN, claim);
    }
    return claim;
  }

  /**
   * Checks that the folder is still this run's, and no other worker of it has begun a commit.
   *
   * @throws WindowException if it is not so
   */
  void require(String claim) throws IOException {
    require();
    if (!OutputFolder.isLocal(folder) && !read(TURN).equals(claim)) {
      throw new WindowException(
          String.format(
              "expected %s to be left to this worker for a commit, found that another worker of the"
                  + " run has begun one; this one is not finished",
              folder));
    }
  }

  private void write(String name, String content) throws IOException {
    WholeFile.write(OutputFolder.inside(folder, name), "text/plain", content.getBytes(UTF_8));
  }

  /** Returns the content of a file, nothing where there is none. */
  private String read(String name) throws IOException {
    try (InputStream in = Channels.newInputStream(Stored.open(OutputFolder.inside(folder, name)))) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (FileNotFoundException e) {
      return "";
    }
  }

  private ResourceId file(String name) {
    return FileSystems.matchNewResource(OutputFolder.inside(folder, name), false);
  }
}
