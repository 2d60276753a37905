package org.anomalydetection.output;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import org.apache.beam.sdk.io.DefaultFilenamePolicy;
import org.apache.beam.sdk.io.DynamicFileDestinations;
import org.apache.beam.sdk.io.FileBasedSink;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.ValueProvider.StaticValueProvider;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;

/**
 * Files with a line of JSON for each row. They are put in their places when all are written, as
 * those of {@code TextIO} are; {@code FileIO} would do so bundle by bundle, each in the place of
 * the one before.
 */
final class JsonLinesFiles extends FileBasedSink<Row, Void, Row> {
  private static final long serialVersionUID = 1L;

  private final Schema schema;

  JsonLinesFiles(ResourceId prefix, Schema schema) {
    super(
        StaticValueProvider.of(prefix.getCurrentDirectory()),
        DynamicFileDestinations.constant(
            DefaultFilenamePolicy.fromStandardParameters(
                StaticValueProvider.of(prefix), null, ".jsonl", false)));
    this.schema = schema;
  }

  @Override
  public WriteOperation<Void, Row> createWriteOperation() {
    return new Operation(this, schema);
  }

  private static final class Operation extends WriteOperation<Void, Row> {
    private static final long serialVersionUID = 1L;

    private final Schema schema;

    Operation(JsonLinesFiles files, Schema schema) {
      super(files);
      this.schema = schema;
    }

    @Override
    public Writer<Void, Row> createWriter() {
      return new LinesWriter(this, schema);
    }
  }

  private static final class LinesWriter extends Writer<Void, Row> {
    private static final int ENOUGH_BYTES = 1 << 16;

    private final JsonWriter writer;
    private final JsonBytes lines = new JsonBytes();
    private WritableByteChannel channel;

    LinesWriter(Operation operation, Schema schema) {
      super(operation, "application/jsonl");
      this.writer = new JsonWriter(schema);
    }

    @Override
    protected void prepareWrite(WritableByteChannel target) {
      channel = target;
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
    protected void finishWrite() throws IOException {
      lines.moveTo(channel);
    }
  }
}
