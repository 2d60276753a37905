package org.anomalydetection.follow;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What outlives a loss of power. */
final class LocalDisk {
  private LocalDisk() {}

  /** Sees to it that the content of a file outlives a loss of power, or the names in a folder. */
  static void keep(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
