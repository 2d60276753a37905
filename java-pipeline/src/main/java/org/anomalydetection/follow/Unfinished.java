package org.anomalydetection.follow;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.anomalydetection.files.Stored;
import org.anomalydetection.output.OutputFolder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.joda.time.Instant;

/**
 * What a run needs that goes on with the state which an engine kept of another one, such as a
 * savepoint of Flink: where that wrote the rows which it did not come to commit, and its windows,
 * as rows of one window may be in the state and yet to come. It is a hidden file of the folder.
 *
 * @param run the run that began it, by which its state is known
 * @param extension what the names of its committed files end with
 * @param from the position that it began at, in milliseconds since 1970
 * @param started when it started, likewise
 * @param length the length of its windows in milliseconds
 */
record Unfinished(String run, String extension, long from, long started, long length)
    implements Serializable {
  private static final String FILE = ".follow.state";
  private static final Pattern RUN = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /**
   * Returns what the last run left in a folder, nothing if it left nothing to go on with.
   *
   * @throws PositionException if the run that it names can be none: its name is that of a folder,
   *     which is removed in the end
   */
  static Optional<Unfinished> read(String folder) throws IOException {
    try (InputStream in = Channels.newInputStream(Stored.open(OutputFolder.inside(folder, FILE)))) {
      Unfinished last = MAPPER.readValue(in, Unfinished.class);
      if (last == null || last.run == null || !RUN.matcher(last.run).matches()) {
        throw new PositionException(
            String.format(
                "--savepointPath: expected the id of a run in %s, found %s; without it a run goes"
                    + " on from the saved position",
                OutputFolder.inside(folder, FILE), last == null ? "nothing" : last.run));
      }
      return Optional.of(last);
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  /** Writes it to a folder, in place of that of an earlier run. */
  void write(String folder) throws IOException {
    WholeFile.write(
        OutputFolder.inside(folder, FILE), "application/json", MAPPER.writeValueAsBytes(this));
  }

  /** Removes it from a folder: nothing can go on with the state of a run there. */
  static void remove(String folder) throws IOException {
    FileSystems.delete(
        List.of(FileSystems.matchNewResource(OutputFolder.inside(folder, FILE), false)),
        MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  /**
   * Checks that a run would write and commit the same windows of the same files.
   *
   * @throws PositionException if it would not
   */
  void require(String otherExtension, Duration otherLength) {
    if (!extension.equals(otherExtension)) {
      throw refused("--outputFormat", extension.substring(1), otherExtension.substring(1));
    }
    if (length != otherLength.toMillis()) {
      throw refused("--commitEvery", Duration.ofMillis(length), otherLength);
    }
  }

  private static PositionException refused(String option, Object expected, Object found) {
    return new PositionException(
        String.format(
            "%s: expected %s as the run had it that --savepointPath is of, found %s; change it in a"
                + " run without --savepointPath, from the saved position",
            option, expected, found));
  }

  FollowWindows windows() {
    return new FollowWindows(
        Instant.ofEpochMilli(from),
        Instant.ofEpochMilli(started),
        org.joda.time.Duration.millis(length));
  }
}
