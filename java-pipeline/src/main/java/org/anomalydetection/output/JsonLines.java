package org.anomalydetection.output;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;

/** A line of JSON for each row. */
final class JsonLines implements RowFiles {
  private static final int ENOUGH_BYTES = 1 << 16;

  private final JsonWriter writer;

  /** Those of files that ended: they know many numbers already. */
  private final Deque<JsonBytes> free = new ArrayDeque<>();

  JsonLines(Schema schema) {
    writer = new JsonWriter(schema);
  }

  @Override
  public RowFile begin(WritableByteChannel channel) {
    JsonBytes lines = Objects.requireNonNullElseGet(free.poll(), JsonBytes::new);
    return new RowFile() {
      @Override
      public void write(Row row) throws IOException {
        writer.write(lines, row);
        lines.raw('\n');
        if (lines.size() >= ENOUGH_BYTES) {
          lines.moveTo(channel);
        }
      }

      @Override
      public void finish() throws IOException {
        lines.moveTo(channel);
        free.push(lines);
      }
    };
  }
}
