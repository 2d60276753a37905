package org.anomalydetection.output;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.anomalydetection.files.Stored;
import org.anomalydetection.locks.FolderLock;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.commons.io.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder that a run writes to, on any file system of Beam. A run writes beside its final files
 * and puts them there at its end, so that the folder holds the whole of one run: neither a part of
 * a run that failed, nor files of an earlier one. The folder is locked until then, so that no two
 * runs put files there at once.
 */
public final class OutputFolder {
  private static final Logger LOG = LoggerFactory.getLogger(OutputFolder.class);

  /** The name of the page that can be made of a run; it goes with the files that it is made of. */
  public static final String REPORT = "report.html";

  /** The names of files of runs with an end; those of windows say a time as well. */
  private static final Pattern OF_A_RUN = Pattern.compile("[a-z]+-\\d{5,}-of-\\d{5,}\\..*");

  private static final int ATTEMPTS = 100;

  /** How many files are moved before the lock is looked at again: what takes a store seconds. */
  private static final int MOVED_AT_ONCE = 100;

  private final String path;
  private final ResourceId folder;
  private final ResourceId staging;
  private final RowFormat format;
  private final FolderLock lock;
  private final Map<Kind, Schema> schemas = new EnumMap<>(Kind.class);
  private volatile State state = State.WRITING;

  private OutputFolder(String path, RowFormat format, FolderLock lock) {
    this.path = path;
    this.folder = FileSystems.matchNewResource(path, true);
    this.staging =
        folder.resolve(".run-" + UUID.randomUUID(), StandardResolveOptions.RESOLVE_DIRECTORY);
    this.format = format;
    this.lock = lock;
  }

  /**
   * Checks, without making anything, that a folder is one or can be made.
   *
   * @throws IOException if it has wildcards, or is not on a disk that can be written
   * @throws IllegalArgumentException if it is on a file system that is not known here
   */
  public static void check(String path) throws IOException {
    ResourceId folder = FileSystems.matchNewResource(path, true);
    Stored.requireNoPattern(folder);
    if (!Stored.isLocal(folder)) {
      return;
    }
    Path there = Path.of(folder.toString()).toAbsolutePath();
    while (!Files.exists(there)) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw new IOException(there + " is not a folder");
    }
    if (!Files.isWritable(there)) {
      throw new IOException(there + " cannot be written by this user");
    }
  }

  /**
   * Prepares a folder for a run, and makes it where it is not there. It is the run's until what it
   * has written is published or {@link #discard discarded}.
   *
   * @throws IOException if nothing can be written there, or another run has it
   */
  public static OutputFolder prepare(String path, RowFormat format) throws IOException {
    OutputFolder output = new OutputFolder(path, format, FolderLock.take(path));
    try (WritableByteChannel channel = FileSystems.create(output.staged("started"), "text/plain")) {
      channel.write(ByteBuffer.wrap("a run writes here\n".getBytes(StandardCharsets.UTF_8)));
      return output;
    } catch (IOException | RuntimeException e) {
      output.lock.close();
      throw e;
    }
  }

  /** Returns the transform that writes the rows of a kind, of this schema, where this run does. */
  public WriteRows write(Kind kind, Schema schema) {
    schemas.put(kind, schema);
    return WriteRows.to(staging.toString(), kind.prefix, format);
  }

  /** Returns where a run writes its summary, of which {@link #publish} is told the files. */
  public String summary() {
    return staging.resolve("summary", StandardResolveOptions.RESOLVE_FILE).toString();
  }

  /** Opens the summary that was written. */
  public ReadableByteChannel openSummary() throws IOException {
    return Stored.open(summary());
  }

  /** Returns a pattern for the final files of a kind. */
  public String published(Kind kind) {
    return inside(path, kind.prefix + "-*." + format.extension());
  }

  /** Returns the path of a file in a folder. */
  public static String inside(String folder, String name) {
    return (folder.endsWith("/") ? folder : folder + "/") + name;
  }

  /** Tells whether a file, or those of a pattern, would lie right in a folder. */
  public static boolean holds(String folder, String file) {
    try {
      return FileSystems.matchNewResource(file, false)
          .getCurrentDirectory()
          .equals(FileSystems.matchNewResource(folder, true));
    } catch (IllegalArgumentException e) {
      // One of them is on no file system that is known here.
      return false;
    }
  }

  /** Tells whether a folder is on the local disk. */
  public static boolean isLocal(String path) {
    return Stored.isLocal(FileSystems.matchNewResource(path, true));
  }

  /**
   * Replaces the files of an earlier run, of whatever format, by those of this one, in the order of
   * their names.
   *
   * @param files the names of the files of each kind; where there are none, one without rows is
   *     made
   * @throws IOException if the files cannot be moved, or another run has the folder: those that are
   *     not in their place stay where they were written; or if they were discarded
   */
  public synchronized void publish(Map<Kind, List<String>> files) throws IOException {
    if (state != State.WRITING) {
      throw new IOException("expected files to publish, found them discarded");
    }
    try {
      lock.require();
      state = State.PUBLISHING;
      replace(files);
    } catch (IOException | RuntimeException e) {
      state = state == State.PUBLISHING ? State.BROKEN : State.KEPT;
      throw new IOException(e.getMessage() + "; " + outcome(), e);
    }
    state = State.PUBLISHED;
    discard();
  }

  /** Tells whether files are being put in their place. */
  public boolean isPublishing() {
    return state == State.PUBLISHING;
  }

  /** Says what was published. Waits for {@link #publish}, if that goes on. */
  public synchronized String outcome() {
    return switch (state) {
      case PUBLISHED -> "all was published";
      case PUBLISHING, BROKEN ->
          "perhaps not all was published; what is not in its place is kept in " + staging;
      case KEPT -> "nothing was published; what was written is kept in " + staging;
      case WRITING, DISCARDED -> "nothing was published";
    };
  }

  private void replace(Map<Kind, List<String>> files) throws IOException {
    FileSystems.delete(
        List.of(folder.resolve(REPORT, StandardResolveOptions.RESOLVE_FILE)),
        StandardMoveOptions.IGNORE_MISSING_FILES);
    for (Kind kind : Kind.values()) {
      lock.require();
      for (RowFormat any : RowFormat.values()) {
        FileSystems.delete(
            find(folder, kind.prefix + "-*-of-*." + any.extension()).stream()
                .filter(file -> OF_A_RUN.matcher(String.valueOf(file.getFilename())).matches())
                .toList());
      }
      List<String> names = new ArrayList<>(files.getOrDefault(kind, List.of()));
      Collections.sort(names);
      if (names.isEmpty()) {
        names.add(withoutRows(kind));
      }
      List<ResourceId> targets = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        String name =
            String.format(
                Locale.ROOT,
                "%s-%05d-of-%05d.%s",
                kind.prefix,
                i,
                names.size(),
                format.extension());
        targets.add(folder.resolve(name, StandardResolveOptions.RESOLVE_FILE));
      }
      move(names.stream().map(this::staged).toList(), targets);
    }
    lock.require();
  }

  private void move(List<ResourceId> files, List<ResourceId> targets) throws IOException {
    for (int from = 0; from < files.size(); from += MOVED_AT_ONCE) {
      int to = Math.min(from + MOVED_AT_ONCE, files.size());
      lock.require();
      FileSystems.rename(files.subList(from, to), targets.subList(from, to));
    }
  }

  private String withoutRows(Kind kind) throws IOException {
    String name = kind.prefix + "-none";
    try (WritableByteChannel channel = FileSystems.create(staged(name), format.mediaType())) {
      format.files(schemas.get(kind)).begin(channel).finish();
    }
    return name;
  }

  private ResourceId staged(String name) {
    return staging.resolve(name, StandardResolveOptions.RESOLVE_FILE);
  }

  /**
   * Removes what this run has written and not published, except where publishing failed, and leaves
   * the folder to others. Waits for {@link #publish}, if that goes on.
   */
  public synchronized void discard() {
    if (state == State.WRITING) {
      state = State.DISCARDED;
    }
    if (state != State.BROKEN && state != State.KEPT) {
      removeStaging();
    }
    lock.close();
  }

  private void removeStaging() {
    try {
      if (Stored.isLocal(folder)) {
        // A worker that ends late may still remove its own temporary files there.
        File left = new File(staging.toString());
        for (int attempt = 0; attempt < ATTEMPTS && left.exists(); attempt++) {
          FileUtils.deleteQuietly(left);
        }
      } else {
        FileSystems.delete(find(staging, "**"));
      }
    } catch (IOException e) {
      LOG.warn("what is left in {} cannot be removed", staging, e);
    }
  }

  private static List<ResourceId> find(ResourceId folder, String pattern) throws IOException {
    return Stored.match(folder.resolve(pattern, StandardResolveOptions.RESOLVE_FILE).toString())
        .stream()
        .map(MatchResult.Metadata::resourceId)
        .toList();
  }

  /** What became of what a run writes. */
  private enum State {
    WRITING,
    PUBLISHING,
    PUBLISHED,
    BROKEN,
    KEPT,
    DISCARDED
  }

  /** What a run writes. */
  public enum Kind {
    /** Scored rows. */
    SCORED("scored"),
    /** Errors. */
    ERRORS("errors");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }
}
