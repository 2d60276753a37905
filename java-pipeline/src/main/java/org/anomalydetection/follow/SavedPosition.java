package org.anomalydetection.follow;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.anomalydetection.files.ConditionalStore;
import org.anomalydetection.files.ConditionalStore.Found;
import org.anomalydetection.files.Stored;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * The file, on any file system of Beam, that says up to when the rows of a source are in committed
 * files: all before, none from there on. It is written as a whole, so that who reads it finds
 * either the old position or the new one.
 */
public final class SavedPosition implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int VERSION = 1;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final String path;
  private final TreeMap<String, String> source;

  /**
   * Names a file, which need not exist.
   *
   * @param source what tells the source from others, by name, such as its host and object
   */
  public SavedPosition(String path, Map<String, String> source) {
    this.path = path;
    this.source = new TreeMap<>(source);
  }

  /** Returns a position of the same source in another file. */
  SavedPosition at(String otherPath) {
    return new SavedPosition(otherPath, source);
  }

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
    byte[] bytes;
    try (InputStream file = Channels.newInputStream(Stored.open(path))) {
      bytes = file.readAllBytes();
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
    return Optional.of(parse(new String(bytes, UTF_8)));
  }

  private Instant parse(String text) throws PositionException {
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
    try {
      return Instant.parse(saved.path("position").asText());
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

  /**
   * Writes the position in place of the one that was read. In a store, where who writes may have
   * lost its turn without knowing, it is left as it is if that is another one now.
   *
   * @throws WindowException if it is
   */
  void move(Optional<Instant> from, Instant to) throws IOException {
    Optional<ConditionalStore> store = ConditionalStore.of(path);
    if (store.isEmpty()) {
      write(to);
    } else if (!isMoved(store.get(), from, to)) {
      throw moved(from, to);
    }
  }

  private WindowException moved(Optional<Instant> from, Instant to) {
    return new WindowException(
        String.format(
            "expected the position %s at %s, found that another worker or run has moved it; that"
                + " of this one, %s, is not saved",
            from.map(Instant::toString).orElse("not to be saved"), path, to));
  }

  private boolean isMoved(ConditionalStore store, Optional<Instant> from, Instant to)
      throws IOException {
    Optional<Found> found = store.read(path);
    Optional<Instant> there =
        found.isPresent() ? Optional.of(parse(found.get().content())) : Optional.empty();
    if (!there.equals(from)) {
      return false;
    }
    String text = text(to);
    try {
      return store.write(path, text, found.map(Found::version)).isPresent()
          // Its first answer may not have arrived.
          || store.read(path).filter(now -> now.content().equals(text)).isPresent();
    } catch (UnsupportedOperationException e) {
      write(to);
      return true;
    }
  }

  private String text(Instant position) throws IOException {
    ObjectNode json = MAPPER.createObjectNode().put("version", VERSION);
    json.put("position", position.toString());
    ObjectNode names = json.putObject("source");
    source.forEach(names::put);
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(json);
  }

  /** Writes the position, in place of an earlier one. */
  public void write(Instant position) throws IOException {
    byte[] bytes = text(position).getBytes(UTF_8);
    ResourceId file = resource();
    if (file.getScheme().equals("file")) {
      Path target = Path.of(file.toString());
      Path whole = target.resolveSibling(target.getFileName() + ".new");
      if (target.getParent() != null) {
        Files.createDirectories(target.getParent());
      }
      try (FileChannel channel =
          FileChannel.open(
              whole,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
          // A disk with little room takes a part and complains about the rest.
          channel.write(rest);
        }
        // A position is not to outlive the power that the rows before it did not.
        channel.force(true);
      }
      Files.move(
          whole, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      LocalDisk.keep(target.toAbsolutePath().getParent());
    } else {
      // An object store shows an object when all of it is there.
      try (OutputStream out =
          Channels.newOutputStream(FileSystems.create(file, "application/json"))) {
        out.write(bytes);
      }
    }
  }

  private ResourceId resource() {
    return FileSystems.matchNewResource(path, false);
  }

  private PositionException unusable(String why) {
    return new PositionException("--position: " + path + ": " + why);
  }
}
