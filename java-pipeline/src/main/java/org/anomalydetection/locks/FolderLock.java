package org.anomalydetection.locks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.anomalydetection.files.ConditionalStore;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps other runs from writing into a folder, for as long as this is open. */
public interface FolderLock extends AutoCloseable {
  /** The name of the file in the folder that says who has it. */
  String NAME = ".run.lock";

  /**
   * Locks a folder, which is made where it is not there. On a disk the lock ends with the process,
   * however that ends. In an object store it ends when it is not renewed: who finds one waits, for
   * {@link StoreLock#LEASE} at the most, to see whether it is. A store that knows no conditions
   * cannot keep runs apart, and a warning says so.
   *
   * @throws IOException if another run has the folder, or it cannot be written
   */
  static FolderLock take(String folder) throws IOException {
    ResourceId file =
        FileSystems.matchNewResource(folder, true)
            .resolve(NAME, StandardResolveOptions.RESOLVE_FILE);
    if (Stored.isLocal(file)) {
      return LocalLock.take(Path.of(file.toString()));
    }
    Optional<ConditionalStore> store = ConditionalStore.of(file.toString());
    String why = "its file system knows no conditions";
    if (store.isPresent()) {
      try {
        return StoreLock.take(store.get(), file.toString());
      } catch (UnsupportedOperationException e) {
        why = e.getMessage();
      }
    }
    Logger log = LoggerFactory.getLogger(FolderLock.class);
    log.warn(
        "two runs into {} at once are not kept apart: see to it that there is one ({})",
        folder,
        why);
    return new NoLock();
  }

  /**
   * Checks that the folder is still this lock's.
   *
   * @throws IOException if it is not, or that cannot be found out
   */
  void require() throws IOException;

  /** Leaves the folder to others; to do so twice does no harm. */
  @Override
  void close();
}
