package org.anomalydetection.parquet;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.CellKind;
import org.anomalydetection.csv.Cell;
import org.anomalydetection.csv.Header;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.files.FileVersion;
import org.anomalydetection.source.Columns;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.schema.Type;

/**
 * What the footer of a Parquet file says.
 *
 * @param columns its columns, under their names in the contract
 * @param groups its row groups that have rows
 */
public record ParquetFile(Columns columns, List<RowGroup> groups) {
  /**
   * Reads the footer of a file on any file system of Beam.
   *
   * @param idColumn the column that names a row, by its own name or its name in the contract
   * @param known how the cells of known columns are read; all others are text
   * @throws InputException if there is no such file, or it has something in it that no CSV has
   */
  public static ParquetFile read(String path, String idColumn, Map<String, CellKind> known) {
    try {
      FileVersion version = FileVersion.of(path);
      try (ParquetFileReader file = open(path)) {
        List<Cell> names = new ArrayList<>();
        for (Type type : file.getFileMetaData().getSchema().getFields()) {
          requirePlain(path, type);
          names.add(Cell.of(type.getName().getBytes(StandardCharsets.UTF_8)));
        }
        return new ParquetFile(
            Header.of(path, names, idColumn, known), groups(path, version, file.getRowGroups()));
      }
    } catch (FileNotFoundException e) {
      throw new InputException(
          "input " + path + ": expected a Parquet file, found none: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException("input " + path + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Opens a file, of which the footer is read. */
  static ParquetFileReader open(String path) throws IOException {
    ChannelInput input = ChannelInput.open(path);
    try {
      return ParquetFileReader.open(
          input,
          ParquetReadOptions.builder(new PlainParquetConfiguration())
              .withCodecFactory(new SnappyCodecs())
              .build());
    } catch (IOException e) {
      input.channel().close();
      throw e;
    } catch (RuntimeException e) {
      input.channel().close();
      // Parquet has no exception of its own for what is no Parquet.
      throw new InputException(
          "input " + path + ": expected a Parquet file, found " + e.getMessage(), e);
    }
  }

  private static void requirePlain(String path, Type type) {
    CellText.unreadable(type)
        .ifPresent(
            found -> {
              throw new InputException(
                  String.format(
                      "input %s, column %s: expected text, a number, a boolean, a date or a time,"
                          + " found %s; leave the column out, or write it as text",
                      path, type.getName(), found));
            });
  }

  private static List<RowGroup> groups(
      String path, FileVersion version, List<BlockMetaData> blocks) {
    List<RowGroup> groups = new ArrayList<>();
    long before = 0;
    for (int i = 0; i < blocks.size(); i++) {
      BlockMetaData block = blocks.get(i);
      for (ColumnChunkMetaData chunk : block.getColumns()) {
        try {
          SnappyCodecs.require(chunk.getCodec());
        } catch (IllegalArgumentException e) {
          throw new InputException("input " + path + ": " + e.getMessage(), e);
        }
      }
      if (block.getRowCount() > 0) {
        groups.add(new RowGroup(path, version, i, before, block.getRowCount()));
      }
      before += block.getRowCount();
    }
    return groups;
  }
}
