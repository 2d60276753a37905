package org.anomalydetection.replay;

import java.io.IOException;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.parquet.ChannelInput;
import org.anomalydetection.parquet.SnappyCodecs;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.io.InputFile;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Errors as Parquet. */
final class ParquetErrors implements ErrorRows {
  private final String path;
  private final ParquetReader<Group> reader;
  private @Nullable Group row;
  private long number;

  private ParquetErrors(String path, ParquetReader<Group> reader) {
    this.path = path;
    this.reader = reader;
  }

  static ParquetErrors open(String path) throws IOException {
    return new ParquetErrors(path, new Builder(ChannelInput.open(path)).build());
  }

  @Override
  public boolean next() throws IOException {
    try {
      row = reader.read();
    } catch (RuntimeException e) {
      // Parquet has no exception of its own for what is no Parquet.
      throw new InputException(
          "--replay: " + path + ": expected a Parquet file, found " + e.getMessage(), e);
    }
    if (row != null && !row.getType().containsField(ELEMENT)) {
      throw new InputException(
          String.format(
              "--replay: %s: expected a file of errors with the column %s, found %s",
              path, ELEMENT, row.getType()));
    }
    number++;
    return row != null;
  }

  @Override
  public long number() {
    return number;
  }

  @Override
  public @Nullable String element() {
    return row.getFieldRepetitionCount(ELEMENT) == 0 ? null : row.getString(ELEMENT, 0);
  }

  @Override
  public String stage() {
    return row.getType().containsField(STAGE) && row.getFieldRepetitionCount(STAGE) > 0
        ? row.getString(STAGE, 0)
        : "";
  }

  @Override
  public String shown() {
    return row.toString();
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }

  private static final class Builder extends ParquetReader.Builder<Group> {
    Builder(InputFile file) {
      super(file, new PlainParquetConfiguration());
      withCodecFactory(new SnappyCodecs());
    }

    @Override
    protected ReadSupport<Group> getReadSupport() {
      return new GroupReadSupport();
    }
  }
}
