package org.anomalydetection.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.FileSystemRegistrar;
import org.apache.beam.sdk.io.fs.CreateOptions;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * An object store in memory, for {@code memory://}: it copies one object after the other, has no
 * folders, and a test can have something happen in the middle. The {@link Conditions} of its writes
 * are those of S3.
 */
public final class MemoryStore extends FileSystem<MemoryStore.Key> {
  private static final NavigableMap<String, byte[]> OBJECTS = new ConcurrentSkipListMap<>();
  private static final Map<String, Instant> MODIFIED = new ConcurrentHashMap<>();
  private static final AtomicReference<Runnable> AFTER_COPY = new AtomicReference<>();
  private static final AtomicBoolean FAILS_TO_CLOSE = new AtomicBoolean();
  private static final AtomicReference<Heeds> HEEDS = new AtomicReference<>(Heeds.ALL);

  private MemoryStore() {}

  /** Empties the store. */
  public static void clear() {
    OBJECTS.clear();
    MODIFIED.clear();
    AFTER_COPY.set(null);
    HEEDS.set(Heeds.ALL);
    FAILS_TO_CLOSE.set(false);
  }

  /** Fails once, when the next object that was written is to be closed. */
  public static void failToClose() {
    FAILS_TO_CLOSE.set(true);
  }

  /** Writes whatever the condition says, as some stores do that understand none. */
  public static void heedNoConditions() {
    HEEDS.set(Heeds.NONE);
  }

  /** Creates only what is not there, and replaces whatever is, as other stores do. */
  public static void heedOnlyCreation() {
    HEEDS.set(Heeds.CREATION);
  }

  private enum Heeds {
    ALL,
    CREATION,
    NONE;

    boolean isHeeded(Optional<String> version) {
      return this == ALL || (this == CREATION && version.isEmpty());
    }
  }

  /** Has something happen once, when the next object has been copied or moved. */
  public static void afterCopy(Runnable happens) {
    AFTER_COPY.set(happens);
  }

  /** Puts an object there. */
  public static void put(String path, String content) {
    put(path, content.getBytes(UTF_8));
  }

  private static void put(String path, byte[] content) {
    MODIFIED.put(path, Instant.now());
    OBJECTS.put(path, content);
  }

  /** Has an object be as if it had been put there at a time. */
  public static void modified(String path, Instant time) {
    MODIFIED.put(path, time);
  }

  /** Returns the paths of all objects whose paths begin with something, in their order. */
  public static List<String> paths(String prefix) {
    return OBJECTS.keySet().stream().filter(path -> path.startsWith(prefix)).toList();
  }

  @Override
  protected List<MatchResult> match(List<String> patterns) {
    return patterns.stream().map(MemoryStore::match).toList();
  }

  private static MatchResult match(String pattern) {
    String regex =
        Pattern.compile("\\*\\*|[*?]|[^*?]+")
            .matcher(pattern)
            .replaceAll(
                part ->
                    switch (part.group()) {
                      case "**" -> ".*";
                      case "*" -> "[^/]*";
                      case "?" -> "[^/]";
                      default -> "\\\\Q" + part.group() + "\\\\E";
                    });
    List<MatchResult.Metadata> found =
        OBJECTS.entrySet().stream()
            .filter(object -> object.getKey().matches(regex))
            .map(
                object ->
                    MatchResult.Metadata.builder()
                        .setResourceId(new Key(object.getKey()))
                        .setSizeBytes(object.getValue().length)
                        .setIsReadSeekEfficient(false)
                        .setLastModifiedMillis(MODIFIED.get(object.getKey()).toEpochMilli())
                        .build())
            .toList();
    return found.isEmpty()
        ? MatchResult.create(MatchResult.Status.NOT_FOUND, new FileNotFoundException(pattern))
        : MatchResult.create(MatchResult.Status.OK, found);
  }

  @Override
  protected WritableByteChannel create(Key key, CreateOptions options) {
    return Channels.newChannel(
        new ByteArrayOutputStream() {
          @Override
          public void close() throws IOException {
            if (FAILS_TO_CLOSE.getAndSet(false)) {
              throw new IOException("not closed");
            }
            put(key.path(), toByteArray());
          }
        });
  }

  @Override
  protected ReadableByteChannel open(Key key) throws IOException {
    return Channels.newChannel(new ByteArrayInputStream(content(key)));
  }

  private static byte[] content(Key key) throws FileNotFoundException {
    byte[] content = OBJECTS.get(key.path());
    if (content == null) {
      throw new FileNotFoundException(key.path());
    }
    return content;
  }

  @Override
  protected void copy(List<Key> from, List<Key> to) throws IOException {
    for (int i = 0; i < from.size(); i++) {
      put(to.get(i).path(), content(from.get(i)));
      Runnable happens = AFTER_COPY.getAndSet(null);
      if (happens != null) {
        happens.run();
      }
    }
  }

  @Override
  protected void rename(List<Key> from, List<Key> to, MoveOptions... options) throws IOException {
    copy(from, to);
    delete(from);
  }

  @Override
  protected void delete(Collection<Key> keys) {
    keys.forEach(key -> OBJECTS.remove(key.path()));
  }

  @Override
  protected Key matchNewResource(String path, boolean isDirectory) {
    return new Key(isDirectory && !path.endsWith("/") ? path + "/" : path);
  }

  @Override
  protected String getScheme() {
    return "memory";
  }

  /** Writes what is as it was seen, under the hash of its content as a version. */
  public static final class Conditions implements ConditionalStore {
    @Override
    public Optional<Found> read(String path) {
      return Optional.ofNullable(OBJECTS.get(path))
          .map(bytes -> new Found(new String(bytes, UTF_8), version(bytes)));
    }

    private static String version(byte[] bytes) {
      return Integer.toHexString(Arrays.hashCode(bytes));
    }

    @Override
    public Optional<String> write(String path, String content, Optional<String> version) {
      synchronized (OBJECTS) {
        if (HEEDS.get().isHeeded(version) && !read(path).map(Found::version).equals(version)) {
          return Optional.empty();
        }
        put(path, content);
        return Optional.of(version(content.getBytes(UTF_8)));
      }
    }

    @Override
    public void delete(String path, String version) {
      synchronized (OBJECTS) {
        if (read(path).map(Found::version).equals(Optional.of(version))) {
          OBJECTS.remove(path);
        }
      }
    }
  }

  /** Tells of the conditions. */
  public static final class Provider implements ConditionalStore.Provider {
    @Override
    public Optional<ConditionalStore> of(String scheme) {
      return scheme.equals("memory") ? Optional.of(new Conditions()) : Optional.empty();
    }
  }

  /** The path of an object, or of a folder, which ends with a slash. */
  record Key(String path) implements ResourceId {
    @Override
    public ResourceId resolve(String name, ResolveOptions options) {
      boolean isDirectory = options.equals(StandardResolveOptions.RESOLVE_DIRECTORY);
      return new Key(path + name + (isDirectory ? "/" : ""));
    }

    @Override
    public ResourceId getCurrentDirectory() {
      return new Key(path.substring(0, path.lastIndexOf('/') + 1));
    }

    @Override
    public String getScheme() {
      return "memory";
    }

    /** Returns the name alone, that of a folder too, as that of S3 does. */
    @Override
    public String getFilename() {
      String file = isDirectory() ? path.substring(0, path.length() - 1) : path;
      return file.substring(file.lastIndexOf('/') + 1);
    }

    @Override
    public boolean isDirectory() {
      return path.endsWith("/");
    }

    @Override
    public String toString() {
      return path;
    }
  }

  /** Tells Beam of the store. */
  public static final class Registrar implements FileSystemRegistrar {
    @Override
    public Iterable<FileSystem<?>> fromOptions(PipelineOptions options) {
      return List.of(new MemoryStore());
    }
  }
}
