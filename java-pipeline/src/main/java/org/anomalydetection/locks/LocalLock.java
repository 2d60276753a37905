package org.anomalydetection.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A lock that the system keeps on a file, and that ends with this process. The file is removed with
 * it; who has waited for it has locked another one than there is now, and tries again.
 */
final class LocalLock implements FolderLock {
  private static final int ATTEMPTS = 100;

  /** A process that opens and closes a file that it has locked has unlocked it. */
  private static final Map<Path, Holder> HERE = new ConcurrentHashMap<>();

  private final Path file;
  private final Holder holder;
  private final @Nullable Object identity;
  private final FileChannel channel;

  private LocalLock(Path file, Holder holder, @Nullable Object identity, FileChannel channel) {
    this.file = file;
    this.holder = holder;
    this.identity = identity;
    this.channel = channel;
  }

  static LocalLock take(Path path) throws IOException {
    Path folder = Files.createDirectories(path.toAbsolutePath().getParent());
    Path file = folder.toRealPath().resolve(path.getFileName());
    Holder holder = Holder.here();
    Holder other = HERE.putIfAbsent(file, holder);
    if (other != null) {
      throw held(file, other);
    }
    try {
      return locked(file, holder);
    } catch (IOException | RuntimeException e) {
      HERE.remove(file);
      throw e;
    }
  }

  private static LocalLock locked(Path file, Holder holder) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        LocalLock lock = attempt(file, holder);
        if (lock != null) {
          return lock;
        }
      } catch (NoSuchFileException e) {
        // Removed between two looks at it.
      }
    }
    throw new IOException("expected to lock " + file + ", found it removed again and again");
  }

  /** Locks the file, and returns null if the run that had it has removed it meanwhile. */
  private static @Nullable LocalLock attempt(Path file, Holder holder) throws IOException {
    create(file);
    Object identity = identity(file);
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    LocalLock lock = null;
    try {
      if (channel.tryLock() == null) {
        throw held(file, Holder.of(Files.readString(file)));
      }
      if (Objects.equals(identity, identity(file))) {
        channel.truncate(0).write(ByteBuffer.wrap(holder.content().getBytes(UTF_8)));
        lock = new LocalLock(file, holder, identity, channel);
      }
      return lock;
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
  }

  /**
   * Returns what tells the file from others.
   *
   * @throws IOException if it is none: what a link leads to is not to be written
   */
  private static @Nullable Object identity(Path file) throws IOException {
    BasicFileAttributes found =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!found.isRegularFile()) {
      throw new IOException(
          String.format(
              "expected the lock %s to be a file, found %s; remove it if no run goes on there",
              file,
              found.isSymbolicLink() ? "a link" : found.isDirectory() ? "a folder" : "a device"));
    }
    return found.fileKey();
  }

  /** Makes the file, for all who may write into its folder, where it is not there. */
  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file);
      Set<PosixFilePermission> writers = Files.getPosixFilePermissions(file.getParent());
      writers.removeAll(
          EnumSet.of(
              PosixFilePermission.OWNER_EXECUTE,
              PosixFilePermission.GROUP_EXECUTE,
              PosixFilePermission.OTHERS_EXECUTE));
      Files.setPosixFilePermissions(file, writers);
    } catch (FileAlreadyExistsException | UnsupportedOperationException e) {
      // It is there, or its disk knows no such permissions.
    }
  }

  private static IOException held(Path file, Holder other) {
    return new IOException(
        String.format("another run writes into it: %s, as %s says", other, file));
  }

  @Override
  public void require() throws IOException {
    if (!channel.isOpen()) {
      throw new IOException("expected " + file + " to be locked, found that it was left");
    }
    try {
      if (isThere()) {
        return;
      }
    } catch (NoSuchFileException e) {
      // As where another one is there.
    }
    throw new IOException(
        "expected "
            + file
            + " to be as this run has locked it, found it removed; another run may have the"
            + " folder");
  }

  /** Tells whether the file is the one that is locked, and not that of another run. */
  private boolean isThere() throws IOException {
    return Objects.equals(identity, identity(file));
  }

  @Override
  public synchronized void close() {
    if (channel.isOpen()) {
      try (channel) {
        if (isThere()) {
          Files.delete(file);
        }
      } catch (IOException e) {
        // It is gone; or unlocked all the same, and who comes next removes it.
      }
      HERE.remove(file, holder);
    }
  }
}
