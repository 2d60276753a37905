package org.anomalydetection.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * Files on any file system of Beam, whose failures are all an {@link IOException} that says in one
 * line what is wrong. Those of object stores throw what their clients throw: some say by another
 * exception that a file is not there, and all by their own that they find no credentials.
 */
public final class Stored {
  private Stored() {}

  /** Tells whether a file or a folder is on the local disk. */
  public static boolean isLocal(ResourceId file) {
    return file.getScheme().equals("file");
  }

  /**
   * Opens a file. Its path is no pattern: on a local disk that would search all folders around it.
   *
   * @throws FileNotFoundException if it is not there
   * @throws IllegalArgumentException if it is on no file system that is known here
   */
  public static ReadableByteChannel open(String path) throws IOException {
    try {
      return FileSystems.open(FileSystems.matchNewResource(path, false));
    } catch (FileNotFoundException | IllegalArgumentException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      if (match(path).isEmpty()) {
        FileNotFoundException missing = new FileNotFoundException("there is no such file");
        missing.initCause(e);
        throw missing;
      }
      throw plain(e);
    }
  }

  /**
   * Returns the files that a pattern stands for.
   *
   * @throws IllegalArgumentException if it is on no file system that is known here
   */
  public static List<MatchResult.Metadata> match(String pattern) throws IOException {
    try {
      return FileSystems.match(pattern, EmptyMatchTreatment.ALLOW).metadata();
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw plain(e);
    }
  }

  /** Returns a failure with its own message, and not with one that names classes before it. */
  private static IOException plain(Exception failure) {
    Throwable own = failure;
    while (own.getCause() != null && own.getCause().toString().equals(own.getMessage())) {
      own = own.getCause();
    }
    return own instanceof IOException plain ? plain : new IOException(own.getMessage(), failure);
  }
}
