package org.anomalydetection.locks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A lock that the system keeps on a file, and that ends with this process. The file stays: where it
 * is removed, one process may lock the old file and another a new one.
 */
final class LocalLock implements FolderLock {
  /** A process that opens and closes a file that it has locked has unlocked it. */
  private static final Map<Path, Holder> HERE = new ConcurrentHashMap<>();

  private final Path file;
  private final Holder holder;
  private final FileChannel channel;

  private LocalLock(Path file, Holder holder, FileChannel channel) {
    this.file = file;
    this.holder = holder;
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
      return new LocalLock(file, holder, locked(file, holder));
    } catch (IOException | RuntimeException e) {
      HERE.remove(file);
      throw e;
    }
  }

  private static FileChannel locked(Path file, Holder holder) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw held(file, Holder.of(Files.readString(file)));
      }
      channel.truncate(0).write(ByteBuffer.wrap(holder.content().getBytes(UTF_8)));
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
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
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // What it locked is unlocked all the same.
    }
    HERE.remove(file, holder);
  }
}
