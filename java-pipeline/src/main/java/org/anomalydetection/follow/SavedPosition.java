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
 * either the old position or the new one. In a store it says too who has taken it to move it; files
 * that do not, such as those on a disk, are read as well. So are those that do not say into which
 * folder the committed files are written, as of an earlier version.
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
   * The position as it was taken by who is to move it.
   *
   * @param writer what tells who took it from all others
   * @param position the position, nothing if none is saved
   * @param version that of the object in a store, nothing elsewhere or if there is none
   */
  record Taken(String writer, Optional<Instant> position, Optional<String> version) {}

  /**
   * Reads the position in order to move it. In a store, where who had the turn before may not know
   * that it is over, the writer is put into the object: whoever took it earlier cannot move it any
   * more, even where the position is still the same.
   *
   * @throws IOException if it cannot be read or written, or others write it all the time
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
            "expected the position at %s to be this worker's, found that others have written it"
                + " each of %d times",
            path, TRIES));
  }

  /**
   * Reads the position in order to begin there: from now on the file is of this folder.
   *
   * @throws IOException likewise
   */
  Optional<Instant> begin(String writer) throws IOException {
    Optional<Instant> position = take(writer).position();
    if (position.isPresent() && ConditionalStore.of(path).isEmpty()) {
      write(position.get());
    }
    return position;
  }

  /**
   * Writes the position in place of the one that was taken. In a store it is left as it is if
   * somebody has taken it since.
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
              "expected the position %s at %s to be this worker's, found that another worker or run"
                  + " has taken it; that of this one, %s, is not saved",
              from.position().map(Instant::toString).orElse("not to be saved"), path, to));
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

  /** Writes the position, in place of an earlier one, whoever may have taken that. */
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
