package org.anomalydetection.follow;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The committed files of windows. Their names say the beginning of their window, so that a window
 * that is committed again, by a run that found no position behind it, replaces its files: {@code
 * scored-20261129T010500Z-00000-of-00003.jsonl}.
 */
final class WindowFiles implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final Pattern NAME = Pattern.compile("[a-z]+-(\\d{8}T\\d{6}Z)-(?:\\d+|late)-.*");

  private final String folder;
  private final String staging;
  private final String extension;

  /**
   * Names the folders.
   *
   * @param folder where committed files are
   * @param staging where rows are written before that
   * @param extension what the names of committed files end with, with its dot
   */
  WindowFiles(String folder, String staging, String extension) {
    this.folder = folder;
    this.staging = staging;
    this.extension = extension;
  }

  /** Returns the files of a window, of which each kind is to be committed once. */
  Window window(Instant start) throws IOException {
    String all = "*-" + time(start) + "-*-of-*";
    return new Window(start, Stored.isLocal(target(all)) ? find(all) : null);
  }

  /** The files of one window. */
  final class Window {
    private final Instant start;

    /** Those that are there on a local disk; in a store each kind is looked for. */
    private final @Nullable List<ResourceId> present;

    private Window(Instant start, @Nullable List<ResourceId> present) {
      this.start = start;
      this.present = present;
    }

    /**
     * Puts the files of a kind in their place, in place of others of it, which an earlier attempt
     * may have put there. They stay where they were written too, until they are {@link #discard
     * discarded}: so this can be repeated, also with other files of the same rows.
     *
     * @param staged the names of the files, in any order
     * @throws IOException if one is missing, or cannot be put there, or where others turn up in the
     *     meantime, of another worker that commits the window
     */
    void commit(String kind, Collection<String> staged) throws IOException {
      List<String> sorted = staged.stream().sorted().toList();
      List<ResourceId> targets = new ArrayList<>();
      for (int i = 0; i < sorted.size(); i++) {
        targets.add(
            target(
                String.format(
                    Locale.ROOT,
                    "%s-%s-%05d-of-%05d%s",
                    kind,
                    time(start),
                    i,
                    sorted.size(),
                    extension)));
      }
      List<ResourceId> from = sorted.stream().map(WindowFiles.this::staged).toList();
      Map<String, Long> expected = new HashMap<>();
      for (int i = 0; i < from.size(); i++) {
        List<MatchResult.Metadata> file = Stored.match(from.get(i).toString());
        if (file.isEmpty()) {
          throw new IOException("expected the file " + from.get(i) + ", found none");
        }
        expected.put(targets.get(i).toString(), file.get(0).sizeBytes());
      }
      String all = kind + "-" + time(start) + "-*-of-*";
      if (present == null) {
        FileSystems.delete(find(all));
        place(from, targets);
        requireOnly(expected, target(all));
      } else {
        FileSystems.delete(
            present.stream()
                .filter(file -> String.valueOf(file.getFilename()).startsWith(kind + "-"))
                .toList());
        place(from, targets);
      }
    }
  }

  /** Checks that files of a window, with their sizes, are the only ones: nothing locks a store. */
  private static void requireOnly(Map<String, Long> expected, ResourceId all) throws IOException {
    Map<String, Long> found =
        Stored.match(all.toString()).stream()
            .collect(
                Collectors.toMap(
                    file -> file.resourceId().toString(), MatchResult.Metadata::sizeBytes));
    if (!found.equals(expected)) {
      throw new IOException(
          String.format(
              "expected none but the files of one worker at %s, with their sizes %s, found %s;"
                  + " another worker commits the same window",
              all, expected, found));
    }
  }

  /** Puts a file of rows that came after their window was committed beside the window's files. */
  void commitLate(String kind, Instant start, String staged) throws IOException {
    ResourceId target = target(kind + "-" + time(start) + "-late-" + staged + extension);
    if (!exists(target)) {
      place(List.of(staged(staged)), List.of(target));
    }
  }

  /** Removes files from where they were written; those that are not there are no error. */
  void discard(Collection<String> staged) throws IOException {
    FileSystems.delete(
        staged.stream().map(this::staged).toList(),
        MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  /**
   * Removes the files of the window that begins at a position: those of a commit that did not get
   * as far as saving the next one.
   */
  void removeWindow(Instant position) throws IOException {
    FileSystems.delete(find("*-" + time(position) + "-*-of-*"));
  }

  /** Returns the names of the files of windows that begin after a time, in their order. */
  List<String> after(Instant time) throws IOException {
    return find("*").stream()
        .map(file -> String.valueOf(file.getFilename()))
        .filter(name -> start(name).filter(start -> start.isAfter(time)).isPresent())
        .sorted()
        .toList();
  }

  /** Tells whether there are files of windows. */
  boolean isAny() throws IOException {
    return find("*").stream()
        .anyMatch(file -> start(String.valueOf(file.getFilename())).isPresent());
  }

  /** Returns the beginning of the window that a file is of, nothing if it is of none. */
  static Optional<Instant> start(String name) {
    Matcher matcher = NAME.matcher(name);
    try {
      return matcher.matches()
          ? Optional.of(TIME.parse(matcher.group(1), Instant::from))
          : Optional.empty();
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static String time(Instant start) {
    return TIME.format(start);
  }

  private static void place(List<ResourceId> files, List<ResourceId> targets) throws IOException {
    List<ResourceId> from = new ArrayList<>();
    List<ResourceId> to = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      if (!Stored.isLocal(files.get(i)) || !linked(files.get(i), targets.get(i))) {
        from.add(files.get(i));
        to.add(targets.get(i));
      }
    }
    FileSystems.copy(from, to);
    for (ResourceId target : targets) {
      keep(target);
    }
    if (!targets.isEmpty()) {
      // The name of a file may be lost without the file.
      keep(targets.get(0).getCurrentDirectory());
    }
  }

  /** Gives a local file another name, where its disk can do that. */
  private static boolean linked(ResourceId file, ResourceId target) throws IOException {
    try {
      Files.createLink(Path.of(target.toString()), Path.of(file.toString()));
      return true;
    } catch (UnsupportedOperationException | FileSystemException e) {
      return false;
    }
  }

  /** Sees to it that a file or a folder outlives a loss of power, as the position behind it may. */
  private static void keep(ResourceId path) throws IOException {
    if (Stored.isLocal(path)) {
      LocalDisk.keep(Path.of(path.toString()));
    }
  }

  private ResourceId staged(String name) {
    return FileSystems.matchNewResource(staging, true)
        .resolve(name, StandardResolveOptions.RESOLVE_FILE);
  }

  private ResourceId target(String name) {
    return FileSystems.matchNewResource(folder, true)
        .resolve(name, StandardResolveOptions.RESOLVE_FILE);
  }

  private static boolean exists(ResourceId file) throws IOException {
    return Stored.isLocal(file)
        ? Files.exists(Path.of(file.toString()))
        : !Stored.match(file.toString()).isEmpty();
  }

  private List<ResourceId> find(String pattern) throws IOException {
    ResourceId all = target(pattern);
    return Stored.isLocal(all)
        ? findHere(Path.of(all.getCurrentDirectory().toString()), pattern)
        : Stored.match(all.toString()).stream().map(MatchResult.Metadata::resourceId).toList();
  }

  /** Finds files on a local disk, where Beam would look through all folders below this one too. */
  private List<ResourceId> findHere(Path here, String pattern) throws IOException {
    List<ResourceId> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(here, pattern)) {
      for (Path file : files) {
        if (Files.isRegularFile(file)) {
          found.add(target(file.getFileName().toString()));
        }
      }
      return found;
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }
}
