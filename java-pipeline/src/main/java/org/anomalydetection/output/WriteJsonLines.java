package org.anomalydetection.output;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Locale;
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
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Writes rows as lines of JSON, each bundle to a file of its own, and gives the files. A bundle
 * that a runner repeats leaves a file that nobody is given: what is not given is to be thrown away.
 *
 * <p>Beam's own {@code TextIO} puts its files in their places with a dozen steps of the runner,
 * which takes a short run as long as all the rest of it. Here that is left to {@link
 * OutputFolder#publish}. The rows are in the global window.
 */
public final class WriteJsonLines extends PTransform<PCollection<Row>, PCollection<Written>> {
  private static final long serialVersionUID = 1L;

  private final String folder;
  private final String prefix;

  private WriteJsonLines(String folder, String prefix) {
    this.folder = folder;
    this.prefix = prefix;
  }

  /** Writes to files of a folder whose names begin like this. */
  public static WriteJsonLines to(String folder, String prefix) {
    return new WriteJsonLines(folder, prefix);
  }

  @Override
  public PCollection<Written> expand(PCollection<Row> rows) {
    return rows.apply("Write", ParDo.of(new WriteFn(folder, prefix, rows.getSchema())))
        .setCoder(SerializableCoder.of(Written.class));
  }

  private static final class WriteFn extends DoFn<Row, Written> {
    private static final long serialVersionUID = 1L;
    private static final int ENOUGH_BYTES = 1 << 16;

    private final String folder;
    private final String prefix;
    private final Schema schema;
    private transient @Nullable JsonWriter writer;
    private transient JsonBytes lines;
    private transient @Nullable WritableByteChannel channel;
    private transient String file;
    private transient long rows;

    WriteFn(String folder, String prefix, Schema schema) {
      this.folder = folder;
      this.prefix = prefix;
      this.schema = schema;
    }

    @StartBundle
    public void startBundle() throws IOException {
      if (writer == null) {
        writer = new JsonWriter(schema);
        lines = new JsonBytes();
      }
      close();
      lines.clear();
      rows = 0;
    }

    @ProcessElement
    public void process(@Element Row row) throws IOException {
      writer.write(lines, row);
      lines.raw('\n');
      rows++;
      if (lines.size() >= ENOUGH_BYTES) {
        lines.moveTo(open());
      }
    }

    @FinishBundle
    public void finishBundle(FinishBundleContext context) throws IOException {
      if (rows == 0) {
        return;
      }
      lines.moveTo(open());
      close();
      context.output(
          new Written(file, rows), BoundedWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE);
    }

    @Teardown
    public void close() throws IOException {
      if (channel != null) {
        channel.close();
        channel = null;
      }
    }

    private WritableByteChannel open() throws IOException {
      if (channel == null) {
        file =
            String.format(
                Locale.ROOT, "%s-%d-%s", prefix, System.currentTimeMillis(), UUID.randomUUID());
        ResourceId place =
            FileSystems.matchNewResource(folder, true)
                .resolve(file, StandardResolveOptions.RESOLVE_FILE);
        channel = FileSystems.create(place, "application/jsonl");
      }
      return channel;
    }
  }
}
