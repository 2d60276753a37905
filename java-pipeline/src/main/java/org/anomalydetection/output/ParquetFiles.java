package org.anomalydetection.output;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Map;
import org.anomalydetection.parquet.SnappyCodecs;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.api.RecordConsumer;

/** Parquet files, of which each is one row group unless it is large. */
final class ParquetFiles implements RowFiles {
  /** The most bytes of rows in memory for each open file. */
  private static final long ROW_GROUP_BYTES = 16L << 20;

  private final ParquetRecord record;

  ParquetFiles(Schema schema) {
    record = new ParquetRecord(schema);
  }

  @Override
  public RowFile begin(WritableByteChannel channel) throws IOException {
    ParquetWriter<Row> writer =
        new Builder(new ChannelOutput(channel), record)
            .withConf(new PlainParquetConfiguration())
            .withCodecFactory(new SnappyCodecs())
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            .withRowGroupSize(ROW_GROUP_BYTES)
            .build();
    return new RowFile() {
      @Override
      public void write(Row row) throws IOException {
        writer.write(row);
      }

      @Override
      public void finish() throws IOException {
        writer.close();
      }
    };
  }

  private static final class Builder extends ParquetWriter.Builder<Row, Builder> {
    private final ParquetRecord record;

    Builder(OutputFile file, ParquetRecord record) {
      super(file);
      this.record = record;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract all the same
    protected WriteSupport<Row> getWriteSupport(Configuration configuration) {
      return new Support(record);
    }

    @Override
    protected WriteSupport<Row> getWriteSupport(ParquetConfiguration configuration) {
      return new Support(record);
    }
  }

  private static final class Support extends WriteSupport<Row> {
    private final ParquetRecord record;
    private RecordConsumer out;

    Support(ParquetRecord record) {
      this.record = record;
    }

    @Override
    @SuppressWarnings("deprecation") // abstract all the same
    public WriteContext init(Configuration configuration) {
      return new WriteContext(record.type(), Map.of());
    }

    @Override
    public WriteContext init(ParquetConfiguration configuration) {
      return new WriteContext(record.type(), Map.of());
    }

    @Override
    public void prepareForWrite(RecordConsumer consumer) {
      out = consumer;
    }

    @Override
    public void write(Row row) {
      record.write(out, row);
    }
  }
}
