package org.anomalydetection.follow;

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
    JsonNode saved;
    try {
      saved = MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw unusable("expected JSON, found " + e.getOriginalMessage());
    }
    if (saved.path("version").asInt() != VERSION) {
      throw unusable("expected version " + VERSION + ", found " + saved.path("version"));
    }
    requireSource(saved.path("source"));
    try {
      return Optional.of(Instant.parse(saved.path("position").asText()));
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

  /** Writes the position, in place of an earlier one. */
  public void write(Instant position) throws IOException {
    ObjectNode json = MAPPER.createObjectNode().put("version", VERSION);
    json.put("position", position.toString());
    ObjectNode names = json.putObject("source");
    source.forEach(names::put);
    byte[] bytes = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
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
