package org.anomalydetection.files;

import java.io.IOException;
import java.util.Optional;
import java.util.ServiceLoader;
import org.apache.beam.sdk.io.FileSystems;

/**
 * An object store that changes an object only where it is still as its writer has seen it, which
 * Beam's own file systems cannot say. Objects are small texts. Its libraries are only on the class
 * path of runs that name it.
 */
public interface ConditionalStore {
  /**
   * An object as it was when it was read.
   *
   * @param version what tells it from all that was or will be under its path
   */
  record Found(String content, String version) {}

  /** Reads an object, nothing if there is none. */
  Optional<Found> read(String path) throws IOException;

  /**
   * Writes an object if it still has a version, or if there still is none, and returns its new
   * version; nothing if somebody else was faster. Nothing may be returned too where the store has
   * written it, and its first answer did not arrive.
   *
   * @throws UnsupportedOperationException if the store knows no such condition
   */
  Optional<String> write(String path, String content, Optional<String> version) throws IOException;

  /** Deletes an object if it still has a version. */
  void delete(String path, String version) throws IOException;

  /** Knows stores by the schemes of their paths; found by {@link ServiceLoader}. */
  interface Provider {
    /** Returns the store of a scheme, nothing if it is none of these. */
    Optional<ConditionalStore> of(String scheme);
  }

  /** Returns the store that a path is in, nothing if it is in none, such as on a disk. */
  static Optional<ConditionalStore> of(String path) {
    String scheme = FileSystems.matchNewResource(path, false).getScheme();
    return ServiceLoader.load(Provider.class).stream()
        .flatMap(provider -> provider.get().of(scheme).stream())
        .findFirst();
  }
}
