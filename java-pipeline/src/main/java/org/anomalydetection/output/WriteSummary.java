package org.anomalydetection.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;

/** Writes a few lines to one file, when all of them are there. */
public final class WriteSummary extends PTransform<PCollection<String>, PDone> {
  private static final long serialVersionUID = 1L;

  private final String path;

  private WriteSummary(String path) {
    this.path = path;
  }

  /** Writes to a file, in place of one that is there. */
  public static WriteSummary to(String path) {
    return new WriteSummary(path);
  }

  @Override
  public PDone expand(PCollection<String> lines) {
    lines
        .apply("Together", WithKeys.of(""))
        .apply("All", GroupByKey.create())
        .apply("Write", ParDo.of(new WriteFn(path)));
    return PDone.in(lines.getPipeline());
  }

  private static final class WriteFn extends DoFn<KV<String, Iterable<String>>, Void> {
    private static final long serialVersionUID = 1L;

    private final String path;

    WriteFn(String path) {
      this.path = path;
    }

    @ProcessElement
    public void process(@Element KV<String, Iterable<String>> all) throws IOException {
      try (WritableByteChannel channel =
          FileSystems.create(FileSystems.matchNewResource(path, false), "application/jsonl")) {
        for (String line : all.getValue()) {
          ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        }
      }
    }
  }
}
