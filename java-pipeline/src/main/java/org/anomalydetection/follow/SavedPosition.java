package org.anomalydetection.follow;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.channels.Channels;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.anomalydetection.files.ConditionalStore;
import org.anomalydetection.files.ConditionalStore.Found;
import org.anomalydetection.files.Stored;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The file, on any file system of Beam, that says up to when the rows of a source are in committed
 * files: all before, none from there on. It is written as a whole, so that who reads it finds
 * either the old position or the new one. In a store it says too who has claimed it to move it;
 * files that do not, such as those on a disk, are read as well. So are those that do not say into
 * which folder the committed files are written, as of an earlier version.
 */
public final class SavedPosition implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int VERSION = 1;
  private static final int TRIES = 10;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String path;
  private final TreeMap<String, String> source;
  private final @Nullable Output output;

  /**
   * Names a file, which need not exist.
   *
   * @param source what tells the source from others, by name, such as its host and object
   */
  public SavedPosition(String path, Map<String, String> source) {
    this(path, source, null);
  }

  private SavedPosition(String path, Map<String, String> source, @Nullable Output output) {
    this.path = path;
    this.source = new TreeMap<>(source);
    this.output = output;
  }

  /** Returns a position of the same source and folder in another file. */
  SavedPosition at(String otherPath) {
    return new SavedPosition(otherPath, source, output);
  }

  /** Returns the same for one folder: that of another one is refused. */
  SavedPosition of(Output folder) {
    return new SavedPosition(path, source, folder);
  }

  /**
   * The folder with the files of what is before a position.
   *
   * @param id what tells it from others, wherever it is moved to
   * @param path where it is
   */
  record Output(String id, String path) implements Serializable {}

  /** Returns where the file is. */
  public String path() {
    return path;
  }

  /**
   * Reads the position, nothing if there is no file.
   *
   * @throws PositionException if the file holds none, or that of another source
   * @throws IOException if the file cannot be read
   */
  public Optional<Instant> read() throws IOException {
    return saved().map(Saved::position);
  }

  /** Returns the folder that the file names, nothing if it names none or there is no file. */
  Optional<Output> output() throws IOException {
    return saved().flatMap(Saved::output);
  }

  private record Saved(Instant position, Optional<Output> output) {}

  private Optional<Saved> saved() throws IOException {
    byte[] bytes;
    try (InputStream file = Channels.newInputStream(Stored.open(path))) {
      bytes = file.readAllBytes();
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
    return Optional.of(parse(new String(bytes, UTF_8)));
  }

  private Saved parse(String text) throws PositionException {
    JsonNode saved;
    try {
      saved = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw unusable("expected JSON, found " + e.getOriginalMessage());
    }
    if (saved.path("version").asInt() != VERSION) {
      throw unusable("expected version " + VERSION + ", found " + saved.path("version"));
    }
    requireSource(saved.path("source"));
    Optional<Output> found =
        Optional.of(saved.path("output"))
            .filter(JsonNode::isObject)
            .map(json -> new Output(json.path("id").asText(), json.path("path").asText()));
    found.ifPresent(this::requireOutput);
    try {
      return new Saved(Instant.parse(saved.path("position").asText()), found);
    } catch (DateTimeException e) {
      throw unusable("expected a time as the position, found " + saved.path("position"));
    }
  }

  private void requireSource(JsonNode saved) {
    Map<String, String> found = new LinkedHashMap<>();
    saved.fields().forEachRemaining(field -> found.put(field.getKey(), field.getValue().asText()));
    for (String name : source.keySet()) {
      String now = source.get(name);
      String then = found.getOrDefault(name, "none");
      if (!now.equals(then)) {
        throw unusable(
            String.format(
                "it is of another source, with the %s %s, found %s; name another --position and"
                    + " another --output, or follow what it is of",
                name, then, now));
      }
    }
  }

  private void requireOutput(Output found) {
    if (output != null && !output.id().equals(found.id())) {
      throw unusable(
          String.format(
              "it is of what is followed into %s, found --output=%s, which is another folder or"
                  + " that one emptied; of two folders each would get a part of the rows. Name"
                  + " another --position and a --since, or, if nothing follows into the other one"
                  + " any more, take \"output\" out of the file: this run goes on from there then",
              found.path(), output.path()));
    }
  }

  /**
   * A position that somebody has claimed, in order to replace it by a later one.
   *
   * @param writer the id of who has claimed it
   * @param position the position, nothing if none is saved
   * @param version the version of the object in a store; nothing on a disk, or if there is no
   *     object
   */
  record Taken(String writer, Optional<Instant> position, Optional<String> version) {}

  /**
   * Claims the position for a writer, who is then to {@link #move} it. In a store, the object is
   * rewritten with the id of the writer in it. That gives it a new version, so that the {@code
   * move} of whoever claimed it before is refused, even where the position itself is unchanged: a
   * worker that was given up may still be at work, and a store has no lock that would stop it.
   *
   * @throws IOException if the file cannot be read or written, or others write it between each read
   *     and write of this method
   */
  Taken take(String writer) throws IOException {
    Optional<ConditionalStore> store = ConditionalStore.of(path);
    if (store.isEmpty()) {
      return new Taken(writer, read(), Optional.empty());
    }
    for (int i = 0; i < TRIES; i++) {
      Optional<Found> found = store.get().read(path);
      if (found.isEmpty()) {
        return new Taken(writer, Optional.empty(), Optional.empty());
      }
      Instant position = parse(found.get().content()).position();
      Optional<String> version =
          replace(
              store.get(), Optional.of(found.get().version()), text(position, Optional.of(writer)));
      if (version.isPresent()) {
        return new Taken(writer, Optional.of(position), version);
      }
    }
    throw new IOException(
        String.format(
            "expected to write to the position file %s after reading it, found that others wrote"
                + " to it in between, in each of %d attempts",
            path, TRIES));
  }

  /**
   * Claims the position for a run that begins there, and from now on the file names the folder of
   * this run.
   *
   * @throws IOException as {@link #take}
   */
  Optional<Instant> begin(String writer) throws IOException {
    Optional<Instant> position = take(writer).position();
    if (position.isPresent() && ConditionalStore.of(path).isEmpty()) {
      write(position.get());
    }
    return position;
  }

  /**
   * Replaces the position that was claimed by a later one. In a store it is left as it is if
   * somebody else has claimed it since.
   *
   * @throws WindowException if somebody has
   */
  void move(Taken from, Instant to) throws IOException {
    Optional<ConditionalStore> store = ConditionalStore.of(path);
    if (store.isEmpty()) {
      write(to);
      return;
    }
    // Not all stores heed conditions.
    if (!store.get().read(path).map(Found::version).equals(from.version())
        || replace(store.get(), from.version(), text(to, Optional.of(from.writer()))).isEmpty()) {
      throw new WindowException(
          String.format(
              "expected the position file %s to be as this worker has read it, with %s, found that"
                  + " another worker or run has written to it since; the next position, %s, is not"
                  + " saved",
              path, from.position().map(Instant::toString).orElse("no position"), to));
    }
  }

  /**
   * Writes in place of a version, or of none, and returns the new version; nothing if somebody else
   * was faster.
   */
  private Optional<String> replace(ConditionalStore store, Optional<String> version, String text)
      throws IOException {
    try {
      Optional<String> written = store.write(path, text, version);
      if (written.isPresent()) {
        return written;
      }
    } catch (UnsupportedOperationException e) {
      write(text);
    }
    // Its first answer may not have arrived; nobody else writes this text.
    return store.read(path).filter(now -> now.content().equals(text)).map(Found::version);
  }

  private String text(Instant position, Optional<String> writer) throws IOException {
    ObjectNode json = MAPPER.createObjectNode().put("version", VERSION);
    json.put("position", position.toString());
    writer.ifPresent(name -> json.put("writer", name));
    ObjectNode names = json.putObject("source");
    source.forEach(names::put);
    if (output != null) {
      json.putObject("output").put("id", output.id()).put("path", output.path());
    }
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json);
  }

  /** Writes the position, in place of an earlier one, whoever may have claimed that. */
  public void write(Instant position) throws IOException {
    write(text(position, Optional.empty()));
  }

  private void write(String text) throws IOException {
    WholeFile.write(path, "application/json", text.getBytes(UTF_8));
  }

  private PositionException unusable(String why) {
    return new PositionException("--position: " + path + ": " + why);
  }
}
