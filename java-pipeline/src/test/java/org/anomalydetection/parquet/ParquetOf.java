package org.anomalydetection.parquet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Parquet files of tests. */
public final class ParquetOf {
  private ParquetOf() {}

  /** Writes a file of a schema as Parquet's own text has it, with one row for each filler. */
  @SafeVarargs
  public static Path rows(Path file, String schema, Consumer<Group>... fillers) throws IOException {
    return rows(file, schema, 1 << 20, List.of(fillers));
  }

  /** Writes a file, with a row group for so many bytes. */
  public static Path rows(Path file, String schema, int groupBytes, List<Consumer<Group>> fillers)
      throws IOException {
    MessageType type = MessageTypeParser.parseMessageType("message row {" + schema + "}");
    Files.deleteIfExists(file);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withType(type)
            .withConf(new PlainParquetConfiguration())
            .withCodecFactory(new SnappyCodecs())
            .withCompressionCodec(CompressionCodecName.SNAPPY)
            .withWriterVersion(WriterVersion.PARQUET_1_0)
            .withRowGroupSize((long) groupBytes)
            .withMinRowCountForPageSizeCheck(1)
            .withMaxRowCountForPageSizeCheck(10)
            .build()) {
      for (Consumer<Group> filler : fillers) {
        Group row = new SimpleGroup(type);
        filler.accept(row);
        writer.write(row);
      }
    }
    return file;
  }
}
