package org.anomalydetection.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.Serializable;
import java.util.Objects;
import org.apache.beam.sdk.io.fs.MatchResult;

/**
 * What tells a file from another one that is under its path later.
 *
 * @param bytes how long it is
 * @param mark its checksum where the file system keeps one, else when it was last modified, in
 *     milliseconds since 1970; 0 where that is not known either
 */
public record FileVersion(long bytes, String mark) implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Returns that of the file which is there now.
   *
   * @throws FileNotFoundException if there is none
   * @throws IllegalArgumentException if it is on no file system that is known here
   */
  public static FileVersion of(String path) throws IOException {
    MatchResult.Metadata file = Stored.look(path);
    return new FileVersion(
        file.sizeBytes(),
        Objects.requireNonNullElseGet(
            file.checksum(), () -> Long.toString(file.lastModifiedMillis())));
  }

  /** Tells whether the file is there still, as it was. */
  public boolean isStillAt(String path) throws IOException {
    try {
      return equals(of(path));
    } catch (FileNotFoundException e) {
      return false;
    }
  }
}
