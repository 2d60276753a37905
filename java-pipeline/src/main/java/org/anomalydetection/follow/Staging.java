package org.anomalydetection.follow;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.commons.io.FileUtils;

/** The hidden folder in which a run keeps what is not committed, beside those of other runs. */
final class Staging {
  private static final String PREFIX = ".follow-";

  /** What lies elsewhere than on the local disk for so long is of a run that is no more. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final ResourceId folder;
  private final ResourceId own;

  /**
   * @param folder where the run commits files to
   * @param run the run that began to write there
   */
  Staging(ResourceId folder, String run) {
    this.folder = folder;
    this.own = folder.resolve(PREFIX + run, StandardResolveOptions.RESOLVE_DIRECTORY);
  }

  String path() {
    return own.toString();
  }

  void make() throws IOException {
    if (isLocal()) {
      Files.createDirectories(Path.of(own.toString()));
    }
  }

  /** Removes it with all that is in it. */
  void remove() throws IOException {
    if (isLocal()) {
      FileUtils.deleteDirectory(new File(own.toString()));
      return;
    }
    ResourceId all = own.resolve("**", StandardResolveOptions.RESOLVE_FILE);
    FileSystems.delete(
        Stored.match(all.toString()).stream().map(MatchResult.Metadata::resourceId).toList());
  }

  /** Removes those of runs that are no more. */
  void removeOthers() throws IOException {
    if (isLocal()) {
      removeOthersHere();
      return;
    }
    long old = Instant.now().minus(ABANDONED).toEpochMilli();
    ResourceId all = folder.resolve(PREFIX + "*/*", StandardResolveOptions.RESOLVE_FILE);
    FileSystems.delete(
        Stored.match(all.toString()).stream()
            .filter(file -> file.lastModifiedMillis() < old)
            .map(MatchResult.Metadata::resourceId)
            .filter(file -> !file.getCurrentDirectory().equals(own))
            .toList());
  }

  private void removeOthersHere() throws IOException {
    File mine = new File(own.toString());
    File[] left =
        new File(folder.toString())
            .listFiles(
                file ->
                    file.isDirectory() && file.getName().startsWith(PREFIX) && !file.equals(mine));
    for (File each : left == null ? new File[0] : left) {
      FileUtils.deleteDirectory(each);
    }
  }

  private boolean isLocal() {
    return Stored.isLocal(folder);
  }
}
