package org.anomalydetection.input;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.fs.MatchResult;

/**
 * The files that a path with wildcards stands for, the same ones that Python finds. What is in the
 * way is told and never passed over.
 */
public final class InputFiles {
  private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][-a-zA-Z0-9+.]+:/.*");
  private static final Pattern PART =
      Pattern.compile(
          "(?<set>\\[(?:[^]/!][^]/]*|![^]/]+)\\])|(?<unknown>\\*\\*|[\\[{\\\\])|[*?]|[^*?\\[{\\\\]+");

  private InputFiles() {}

  /**
   * Returns the files of a pattern in the order of their names, or a path without wildcards as it
   * is, whether there is such a file or not. The wildcards are {@code *}, {@code ?}, {@code […]}
   * and {@code [!…]}, of which none goes beyond a folder.
   *
   * @param pattern on any file system of Beam
   * @param what what the files are called in messages
   * @throws InputException if the pattern stands for no file or for what is none, cannot be looked
   *     for, or has other wildcards
   */
  public static List<String> match(String pattern, String what) {
    if (!Stored.isPattern(pattern)) {
      return List.of(pattern);
    }
    try {
      List<String> paths = SCHEME.matcher(pattern).matches() ? elsewhere(pattern) : local(pattern);
      if (!paths.isEmpty()) {
        return paths.stream().sorted().toList();
      }
    } catch (Unusable e) {
      throw new InputException(what + " " + e.getMessage(), e);
    } catch (AccessDeniedException e) {
      throw new InputException(what + " " + e.getFile() + " cannot be read: Permission denied", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException(what + " " + pattern + " cannot be read: " + e.getMessage(), e);
    }
    throw new InputException(what + " " + pattern + ": expected files, found none");
  }

  private static List<String> elsewhere(String pattern) throws IOException {
    Pattern names = names(pattern);
    // Beam takes sets for those of regular expressions: it finds more, of which these are taken.
    Matcher part = PART.matcher(pattern);
    return Stored.match(part.replaceAll(one -> one.group(1) == null ? "$0" : "?")).stream()
        .map(MatchResult.Metadata::resourceId)
        .map(Object::toString)
        // What ends with a slash stands for a folder.
        .filter(name -> names.matcher(name).matches() && !name.endsWith("/"))
        .toList();
  }

  /** Goes down from folder to folder, by one part of the pattern at a time. */
  private static List<String> local(String pattern) throws IOException {
    Path path = Path.of(pattern);
    if (Files.exists(path)) {
      return List.of(pattern);
    }
    names(pattern);
    List<Path> found = List.of(path.getRoot() == null ? Path.of("") : path.getRoot());
    for (Path name : path) {
      List<Path> next = new ArrayList<>();
      for (Path folder : found) {
        if (attributes(folder).isDirectory()) {
          next.addAll(within(folder, name.toString()));
        }
      }
      found = next;
    }
    List<String> files = new ArrayList<>();
    Set<Path> places = new HashSet<>();
    for (Path file : found.stream().sorted(Comparator.comparing(Path::toString)).toList()) {
      BasicFileAttributes attributes = attributes(file);
      if (attributes.isOther()) {
        throw new Unusable(file + ": expected a file, found what is neither a file nor a folder");
      }
      if (attributes.isRegularFile()) {
        if (!places.add(file.toRealPath())) {
          throw new Unusable(
              file + ": expected every file once, found it twice; its rows would be counted twice");
        }
        files.add(file.toString());
      }
    }
    return files;
  }

  private static List<Path> within(Path folder, String name) throws IOException {
    if (!Stored.isPattern(name)) {
      Path one = folder.resolve(name);
      try {
        Files.readAttributes(one, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return List.of(one);
      } catch (NoSuchFileException e) {
        return List.of();
      }
    }
    Pattern names = names(name);
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(
            folder, one -> names.matcher(one.getFileName().toString()).matches())) {
      all.forEach(found::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      throw new Unusable(path + ": expected a file or a folder, found a link to nothing", e);
    }
  }

  /** Returns the names that a pattern stands for, as a regular expression. */
  private static Pattern names(String pattern) throws Unusable {
    StringBuilder names = new StringBuilder();
    Matcher part = PART.matcher(pattern);
    while (part.find()) {
      String text = part.group();
      if (part.group("unknown") != null) {
        throw new Unusable(pattern + ": expected no wildcards but *, ? and […], found " + text);
      } else if (part.group("set") != null) {
        boolean not = text.charAt(1) == '!';
        String characters = text.substring(not ? 2 : 1, text.length() - 1);
        names.append(not ? "[^/" : "[").append(characters.replaceAll("[\\[\\\\&^]", "\\\\$0"));
        names.append(']');
      } else if (text.equals("*")) {
        names.append("[^/]*");
      } else {
        names.append(text.equals("?") ? "[^/]" : Pattern.quote(text));
      }
    }
    return Pattern.compile(names.toString());
  }

  /** What a pattern cannot be, or stands for, in words of its own. */
  private static final class Unusable extends IOException {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }

    Unusable(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
