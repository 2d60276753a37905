package org.anomalydetection.files;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
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
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

  /** What has stores list objects in place of looking at one, and what is special then. */
  private static final Pattern SPECIAL = Pattern.compile("[*?\\[\\\\]");

  private static final String MISSING = "there is no such file";

  private Stored() {}

  /** Tells whether a path has wildcards, by which {@link #match} finds others than itself. */
  public static boolean isPattern(String path) {
    return WILDCARD.matcher(path).find();
  }

  /**
   * Checks that a path can be looked for, or what is beside it, and nothing else be found.
   *
   * @throws IOException if it has wildcards
   */
  public static void requireNoPattern(ResourceId path) throws IOException {
    if (isPattern(path.toString())) {
      throw new IOException(path + " has a wildcard; name one without *, ?, [ and {");
    }
  }

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
    ResourceId file = FileSystems.matchNewResource(path, false);
    try {
      return FileSystems.open(file);
    } catch (FileNotFoundException e) {
      // Java says so too of what is there and cannot be read.
      throw isLocal(file) && !Files.notExists(Path.of(file.toString()))
          ? new IOException(e.getMessage(), e)
          : e;
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      if (match(path).isEmpty()) {
        FileNotFoundException missing = new FileNotFoundException(MISSING);
        missing.initCause(e);
        throw missing;
      }
      throw plain(e);
    }
  }

  /**
   * Looks at a file, whose path is no pattern, whatever is in it.
   *
   * @throws FileNotFoundException if it is not there
   * @throws IllegalArgumentException if it is on no file system that is known here
   */
  public static MatchResult.Metadata look(String path) throws IOException {
    ResourceId file = FileSystems.matchNewResource(path, false);
    boolean local = isLocal(file);
    if (local && !Files.exists(Path.of(file.toString()))) {
      // Beam would search all folders around it.
      throw Files.notExists(Path.of(file.toString()))
          ? new FileNotFoundException(MISSING)
          : new IOException("its folder cannot be searched");
    }
    String pattern = local || !isPattern(path) ? path : SPECIAL.matcher(path).replaceAll("?");
    return match(pattern).stream()
        .filter(one -> local || one.resourceId().equals(file))
        .findFirst()
        .orElseThrow(() -> new FileNotFoundException(MISSING));
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
