package org.anomalydetection.output;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.apache.beam.sdk.io.FileIO;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;

/** Writes each row as a line of JSON, in UTF-8. */
final class JsonLinesSink implements FileIO.Sink<Row> {
  private static final long serialVersionUID = 1L;
  private static final int ENOUGH_BYTES = 1 << 16;

  private final Schema schema;
  private transient WritableByteChannel channel;
  private transient JsonWriter writer;
  private transient JsonBytes lines;

  JsonLinesSink(Schema schema) {
    this.schema = schema;
  }

  @Override
  public void open(WritableByteChannel target) {
    channel = target;
    writer = new JsonWriter(schema);
    lines = new JsonBytes();
  }

  @Override
  public void write(Row row) throws IOException {
    writer.write(lines, row);
    lines.raw('\n');
    if (lines.size() >= ENOUGH_BYTES) {
      lines.moveTo(channel);
    }
  }

  @Override
  public void flush() throws IOException {
    lines.moveTo(channel);
  }
}
