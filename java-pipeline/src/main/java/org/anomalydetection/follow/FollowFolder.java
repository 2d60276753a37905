package org.anomalydetection.follow;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.anomalydetection.files.Stored;
import org.anomalydetection.locks.FolderLock;
import org.anomalydetection.output.OutputFolder;
import org.anomalydetection.output.RowFormat;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The folder that a run without an end writes to, on any file system of Beam: committed files of
 * windows, and a hidden folder with what is not committed. A lock keeps it to one run at a time.
 */
public final class FollowFolder implements AutoCloseable {
  /**
   * Says where the first run began, and so which source the files of windows are of, and by what
   * the folder is known.
   */
  private static final String FIRST = ".follow.json";

  private final RowFormat format;
  private final SavedPosition saved;
  private final FolderLock lock;
  private final ResourceId folder;
  private final Staging staging;
  private final WindowFiles files;
  private final FolderOwner owner;

  /** What the run goes on with, null if it begins with nothing but a position. */
  private final @Nullable Unfinished restored;

  private final String run = UUID.randomUUID().toString();
  private Instant from = Instant.EPOCH;
  private boolean resumed;
  private boolean kept;

  private FollowFolder(
      String path,
      RowFormat format,
      SavedPosition saved,
      FolderLock lock,
      @Nullable Unfinished restored) {
    this.format = format;
    this.saved = saved;
    this.lock = lock;
    this.restored = restored;
    this.folder = FileSystems.matchNewResource(path, true);
    this.staging = new Staging(folder, restored == null ? run : restored.run());
    this.owner = new FolderOwner(folder.toString(), run);
    this.files = new WindowFiles(folder.toString(), staging.path(), "." + format.extension());
  }

  /** Tells whether there are files of windows in a folder. */
  public static boolean isFollowedInto(String path) throws IOException {
    return new WindowFiles(FileSystems.matchNewResource(path, true).toString(), "", "").isAny();
  }

  /**
   * Takes a folder for a run: removes what a run that died left behind, and finds the position to
   * go on from.
   *
   * @param since where to begin if no position is saved, to whole seconds
   * @throws PositionException if the position cannot be read, written or used, or there is none to
   *     begin at
   * @throws IOException if the folder cannot be read and written, or another run has it
   */
  public static FollowFolder open(
      String path, RowFormat format, SavedPosition saved, Optional<Instant> since)
      throws IOException {
    return begun(path, format, saved, since, locked -> null);
  }

  /**
   * Takes a folder for a run that goes on with the state which an engine kept of the last run here,
   * in its windows: what that has read and not committed is to be committed by this one.
   *
   * @param window how long the windows are to be, which is as they were
   * @throws PositionException likewise, and if the last run left nothing to go on with
   * @throws IOException likewise
   */
  public static FollowFolder restored(
      String path, RowFormat format, SavedPosition saved, Duration window) throws IOException {
    return begun(
        path,
        format,
        saved,
        Optional.empty(),
        folder -> {
          Unfinished last =
              Unfinished.read(folder)
                  .orElseThrow(
                      () ->
                          new PositionException(
                              String.format(
                                  "--savepointPath: expected what its run had not committed in %s,"
                                      + " found it removed, as a run has ended there or begun"
                                      + " without --savepointPath; without it a run goes on from"
                                      + " the saved position",
                                  folder)));
          last.require("." + format.extension(), window);
          return last;
        });
  }

  private static FollowFolder begun(
      String path,
      RowFormat format,
      SavedPosition saved,
      Optional<Instant> since,
      RestoredFrom restoredFrom)
      throws IOException {
    FolderLock lock = FolderLock.take(path);
    try {
      FollowFolder folder =
          new FollowFolder(path, format, of(path, saved), lock, restoredFrom.folder(path));
      try (FolderOwner.Turn turn = folder.owner.turn()) {
        folder.begin(since);
      }
      return folder;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** Returns the position for a folder, which has an id from its first run on. */
  private static SavedPosition of(String path, SavedPosition saved) throws IOException {
    String folder = FileSystems.matchNewResource(path, true).toString();
    String id =
        saved
            .at(OutputFolder.inside(folder, FIRST))
            .output()
            .map(SavedPosition.Output::id)
            .orElseGet(() -> UUID.randomUUID().toString());
    return saved.of(new SavedPosition.Output(id, folder));
  }

  private interface RestoredFrom {
    @Nullable Unfinished folder(String path) throws IOException;
  }

  private void begin(Optional<Instant> since) throws IOException {
    Optional<Instant> position = positioned(saved::read);
    if (position.isPresent()) {
      requireNothingAfter(position.get());
    } else if (since.isEmpty()) {
      throw new PositionException(
          String.format(
              "--since: expected the time to follow from, since there is no position at %s yet,"
                  + " found none",
              saved.path()));
    } else if (files.isAny()) {
      throw new PositionException(
          String.format(
              "--position: expected the position of the files of windows in %s, found none at %s;"
                  + " from --since on, their rows would be there twice. Name their position, or"
                  + " another --output",
              folder, saved.path()));
    }
    ResourceId ofRuns =
        folder.resolve("scored-?????-of-?????.*", StandardResolveOptions.RESOLVE_FILE);
    if (!Stored.match(ofRuns.toString()).isEmpty()) {
      throw new IOException("files of a run with an end are in it");
    }
    lock.require();
    owner.take();
    // Before the position says that it is of this folder.
    SavedPosition first = saved.at(OutputFolder.inside(folder.toString(), FIRST));
    if (first.output().isEmpty()) {
      first.write(first.read().orElse(position.or(() -> since).get()));
    }
    // Where turns lock nothing, the run that had the folder may have saved another one. It is to
    // save none of a window whose files are removed here.
    position = positioned(() -> saved.begin(run));
    if (position.isPresent()) {
      files.removeWindow(position.get());
    }
    resumed = position.isPresent();
    from = position.or(() -> since).get().truncatedTo(ChronoUnit.SECONDS);
    if (restored == null) {
      Unfinished.remove(folder.toString());
    }
    staging.removeOthers();
    if (!resumed) {
      positioned(
          () -> {
            saved.write(from);
            return from;
          });
    }
    staging.make();
  }

  private interface Access<T> {
    T attempt() throws IOException;
  }

  /** Does something with the position, of which it is told where that fails, not of the folder. */
  private <T> T positioned(Access<T> access) {
    try {
      return access.attempt();
    } catch (IOException | IllegalArgumentException e) {
      throw new PositionException(
          String.format(
              "--position: expected a file that can be read and written, found %s: %s",
              saved.path(), e.getMessage()),
          e);
    }
  }

  /** A run that dies leaves files of the window at its position, and none of a later one. */
  private void requireNothingAfter(Instant position) throws IOException {
    List<String> after = files.after(position);
    if (!after.isEmpty()) {
      throw new PositionException(
          String.format(
              "--position: expected no files of windows after the position %s of %s, found %d in"
                  + " %s, from %s to %s; their rows would be there twice. Set the position to the"
                  + " end of the last of these windows, or, to read that time again, move them"
                  + " away or name another --output and --position",
              position,
              saved.path(),
              after.size(),
              folder,
              after.get(0),
              after.get(after.size() - 1)));
    }
  }

  /** Returns where the run begins: at its saved position, or else when it was told to. */
  public Instant from() {
    return from;
  }

  /** Tells whether the run goes on from a saved position. */
  public boolean isResumed() {
    return resumed;
  }

  /** Returns up to when rows are committed. */
  public Instant position() throws IOException {
    return saved.read().orElse(from);
  }

  /**
   * Returns the steps of a pipeline that write and commit windows here.
   *
   * @param started when the run started
   * @param window how long windows are
   * @throws IOException if it cannot be written down for runs that go on with the state of this one
   */
  public FollowSteps steps(Instant started, Duration window) throws IOException {
    Unfinished unfinished = restored;
    if (unfinished == null) {
      unfinished =
          new Unfinished(
              run,
              "." + format.extension(),
              from.toEpochMilli(),
              started.toEpochMilli(),
              window.toMillis());
      unfinished.write(folder.toString());
    }
    return new FollowSteps(
        unfinished.windows(),
        files,
        // Workers elsewhere do not know what a path is relative to.
        saved.at(FileSystems.matchNewResource(saved.path(), false).toString()),
        owner,
        new StateOwner(unfinished.run(), run),
        staging.path(),
        format);
  }

  /**
   * Has what is not committed stay here when this is closed, for a run that goes on with the state
   * of this one; the next run without it removes it.
   */
  public void keep() {
    kept = true;
  }

  /**
   * Leaves the folder with nothing but committed files in it, unless they are kept, and to another
   * run. Waits for a commit that goes on; those that come later fail. In a store, where nothing can
   * be waited for, the commit may still save its position: its files are left to the next run,
   * which removes them if it has not. Where another run has taken the folder, what is not committed
   * is left too: that run may go on with it.
   */
  @Override
  public void close() throws IOException {
    try (FolderOwner.Turn turn = owner.turn()) {
      boolean own = owner.leave();
      if (own && !kept) {
        Unfinished.remove(folder.toString());
        staging.remove();
      }
      Optional<Instant> position = saved.read();
      if (Stored.isLocal(folder) && position.isPresent()) {
        files.removeWindow(position.get());
      }
    } finally {
      lock.close();
    }
  }
}
