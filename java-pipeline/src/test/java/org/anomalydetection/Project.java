package org.anomalydetection;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The files of the project, as tests find them: the build runs tests in the project's root. */
public final class Project {
  private static final Path ROOT = Path.of("").toAbsolutePath();

  private Project() {}

  /** Returns the path of a file of the project. */
  public static Path file(String path) {
    return ROOT.resolve(path);
  }

  /** Returns the text of a file of the project. */
  public static String text(String path) {
    try {
      return Files.readString(file(path));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
