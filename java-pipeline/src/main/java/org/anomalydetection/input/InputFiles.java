package org.anomalydetection.input;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.fs.MatchResult;

/** The files that a path with wildcards stands for. */
public final class InputFiles {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][-a-zA-Z0-9+.]+:/.*");

  private InputFiles() {}

  /**
   * Returns the files of a pattern in the order of their names, or a path without wildcards as it
   * is, whether there is such a file or not.
   *
   * @param pattern on any file system of Beam
   * @param what what the files are called in messages
   * @throws InputException if the pattern stands for no file, or cannot be looked for
   */
  public static List<String> match(String pattern, String what) {
    if (!WILDCARD.matcher(pattern).find()) {
      return List.of(pattern);
    }
    try {
      List<String> paths = SCHEME.matcher(pattern).matches() ? elsewhere(pattern) : local(pattern);
      if (!paths.isEmpty()) {
        return paths.stream().sorted().toList();
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException(what + " " + pattern + " cannot be read: " + e.getMessage(), e);
    }
    throw new InputException(what + " " + pattern + ": expected files, found none");
  }

  private static List<String> elsewhere(String pattern) throws IOException {
    return Stored.match(pattern).stream()
        .map(MatchResult.Metadata::resourceId)
        .map(Object::toString)
        .toList();
  }

  /** Looks into one folder: Beam would search all those below it too. */
  private static List<String> local(String pattern) throws IOException {
    Path path = Path.of(pattern);
    if (Files.exists(path)) {
      return List.of(pattern);
    }
    Path parent = path.getParent();
    if (parent != null && WILDCARD.matcher(parent.toString()).find()) {
      return elsewhere(pattern);
    }
    List<String> paths = new ArrayList<>();
    if (parent != null && !Files.isDirectory(parent)) {
      return paths;
    }
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            parent == null ? Path.of("") : parent, path.getFileName().toString())) {
      for (Path file : files) {
        if (Files.isRegularFile(file)) {
          paths.add(file.toString());
        }
      }
    }
    return paths;
  }
}
