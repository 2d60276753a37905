package org.anomalydetection.output;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.commons.io.IOUtils;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Instant;

/**
 * Writes rows to files, those of each bundle and window to one of their own, and gives the files,
 * each in its window. A bundle that a runner repeats leaves a file that nobody is given: what is
 * not given is to be thrown away.
 *
 * <p>Beam's own {@code FileIO} puts its files in their places with a dozen steps of the runner,
 * which takes a short run as long as all the rest of it. Here that is left to {@link
 * OutputFolder#publish}.
 */
public final class WriteRows extends PTransform<PCollection<Row>, PCollection<Written>> {
  private static final long serialVersionUID = 1L;

  /** With rows of more windows than this in a bundle, some of these get several files. */
  static final int MOST_OPEN = 50;

  private final RowFormat format;
  private final String folder;
  private final String prefix;

  private WriteRows(RowFormat format, String folder, String prefix) {
    this.format = format;
    this.folder = folder;
    this.prefix = prefix;
  }

  /** Writes to files of a folder whose names begin like this. */
  public static WriteRows to(String folder, String prefix, RowFormat format) {
    return new WriteRows(format, folder, prefix);
  }

  @Override
  public PCollection<Written> expand(PCollection<Row> rows) {
    return rows.apply("Write", ParDo.of(new WriteFn(format, folder, prefix, rows.getSchema())))
        .setCoder(SerializableCoder.of(Written.class));
  }

  static final class WriteFn extends DoFn<Row, Written> {
    private static final long serialVersionUID = 1L;

    private final RowFormat format;
    private final String folder;
    private final String prefix;
    private final Schema schema;
    private transient @Nullable RowFiles files;
    private transient Map<BoundedWindow, WindowFile> open;
    private transient List<WindowFile> closed;
    private transient @Nullable WindowFile current;

    WriteFn(RowFormat format, String folder, String prefix, Schema schema) {
      this.format = format;
      this.folder = folder;
      this.prefix = prefix;
      this.schema = schema;
    }

    @StartBundle
    public void startBundle() throws IOException {
      if (files == null) {
        files = format.files(schema);
      }
      abandon();
      open = new LinkedHashMap<>();
      closed = new ArrayList<>();
      current = null;
    }

    @ProcessElement
    public void process(@Element Row row, BoundedWindow window) throws IOException {
      WindowFile file = current;
      if (file == null || !file.window.equals(window)) {
        file = open.get(window);
        if (file == null) {
          file = begin(window);
        }
        current = file;
      }
      file.rows.write(row);
      file.count++;
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext context) throws IOException {
      closeAll();
      for (WindowFile file : closed) {
        context.output(new Written(file.name, file.count), time(file.window), file.window);
      }
    }

    /** Closes what a bundle that failed left open. */
    @Teardown
    public void abandon() throws IOException {
      if (open != null) {
        List<WritableByteChannel> left = open.values().stream().map(file -> file.channel).toList();
        open.clear();
        // One after the other, whatever becomes of those before.
        IOUtils.close(left.toArray(Closeable[]::new));
      }
    }

    private WindowFile begin(BoundedWindow window) throws IOException {
      if (open.size() == MOST_OPEN) {
        closeAll();
      }
      String name =
          String.format(
              Locale.ROOT, "%s-%d-%s", prefix, System.currentTimeMillis(), UUID.randomUUID());
      ResourceId place =
          FileSystems.matchNewResource(folder, true)
              .resolve(name, StandardResolveOptions.RESOLVE_FILE);
      WritableByteChannel channel = FileSystems.create(place, format.mediaType());
      try {
        WindowFile file = new WindowFile(window, name, channel, files.begin(channel));
        open.put(window, file);
        return file;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }

    private void closeAll() throws IOException {
      for (WindowFile file : open.values()) {
        file.rows.finish();
        file.channel.close();
        closed.add(file);
      }
      open.clear();
    }

    private static Instant time(BoundedWindow window) {
      return window.equals(GlobalWindow.INSTANCE)
          ? BoundedWindow.TIMESTAMP_MIN_VALUE
          : window.maxTimestamp();
    }
  }

  /** A file of a bundle with the rows of one window. */
  private static final class WindowFile {
    final BoundedWindow window;
    final String name;
    final WritableByteChannel channel;
    final RowFile rows;
    long count;

    WindowFile(BoundedWindow window, String name, WritableByteChannel channel, RowFile rows) {
      this.window = window;
      this.name = name;
      this.channel = channel;
      this.rows = rows;
    }
  }
}
