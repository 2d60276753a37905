package org.anomalydetection.follow;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * Small files on any file system of Beam that are written as a whole: whoever reads one, also after
 * a kill or a loss of power, finds what was there before or what was written.
 */
final class WholeFile {
  private WholeFile() {}

  /** Writes a file, in place of an earlier one; its folder is made where it is not there. */
  static void write(String path, String type, byte[] content) throws IOException {
    ResourceId file = FileSystems.matchNewResource(path, false);
    if (Stored.isLocal(file)) {
      replace(Path.of(file.toString()), content);
      return;
    }
    // An object store shows an object when all of it is there.
    try (OutputStream out = Channels.newOutputStream(FileSystems.create(file, type))) {
      out.write(content);
    }
  }

  private static void replace(Path target, byte[] content) throws IOException {
    // Nobody knows its name beforehand, to put a link there.
    Path whole = target.resolveSibling(target.getFileName() + "." + UUID.randomUUID() + ".new");
    if (target.getParent() != null) {
      Files.createDirectories(target.getParent());
    }
    try {
      fill(whole, content);
      Files.move(
          whole, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(whole);
    }
    LocalDisk.keep(target.toAbsolutePath().getParent());
  }

  private static void fill(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (ByteBuffer rest = ByteBuffer.wrap(content); rest.hasRemaining(); ) {
        // A disk with little room takes a part and complains about the rest.
        channel.write(rest);
      }
      // A position is not to outlive the power that the rows before it did not.
      channel.force(true);
    }
  }
}
