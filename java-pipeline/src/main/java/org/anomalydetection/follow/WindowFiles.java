package org.anomalydetection.follow;

import java.io.IOException;
import java.io.Serializable;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;

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

  /**
   * Puts the files of a kind of a window in their place. Doing so again changes nothing.
   *
   * @param start the beginning of the window
   * @param staged the names of the files, in any order
   * @return how many files there are
   * @throws IOException if they cannot be moved
   */
  int commit(String kind, Instant start, Collection<String> staged) throws IOException {
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
    Set<ResourceId> others = new HashSet<>(find(kind + "-" + time(start) + "-*-of-*"));
    targets.forEach(others::remove);
    FileSystems.delete(others);
    move(sorted, targets);
    return targets.size();
  }

  /** Puts a file of rows that came after their window was committed beside the window's files. */
  void commitLate(String kind, Instant start, String staged) throws IOException {
    ResourceId target = target(kind + "-" + time(start) + "-late-" + staged + extension);
    move(List.of(staged), List.of(target));
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

  private void move(List<String> staged, List<ResourceId> targets) throws IOException {
    List<ResourceId> from = new ArrayList<>();
    List<ResourceId> to = new ArrayList<>();
    ResourceId there = FileSystems.matchNewResource(staging, true);
    for (int i = 0; i < targets.size(); i++) {
      ResourceId file = there.resolve(staged.get(i), StandardResolveOptions.RESOLVE_FILE);
      if (exists(file)) {
        keep(file);
        from.add(file);
        to.add(targets.get(i));
      } else if (!exists(targets.get(i))) {
        throw new IOException(
            String.format(
                "expected the file %s, or %s where an earlier attempt moved it to, found neither",
                file, targets.get(i)));
      }
    }
    FileSystems.rename(from, to, MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  /** Sees to it that a file outlives a loss of power, as the position behind it may. */
  private static void keep(ResourceId file) throws IOException {
    if (file.getScheme().equals("file")) {
      try (FileChannel channel =
          FileChannel.open(Path.of(file.toString()), StandardOpenOption.WRITE)) {
        channel.force(true);
      }
    }
  }

  private ResourceId target(String name) {
    return FileSystems.matchNewResource(folder, true)
        .resolve(name, StandardResolveOptions.RESOLVE_FILE);
  }

  private static boolean exists(ResourceId file) throws IOException {
    return !Stored.match(file.toString()).isEmpty();
  }

  private List<ResourceId> find(String pattern) throws IOException {
    return Stored.match(target(pattern).toString()).stream()
        .map(MatchResult.Metadata::resourceId)
        .toList();
  }
}
