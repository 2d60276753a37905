package org.anomalydetection.parquet;

import java.io.Closeable;
import java.io.IOException;
import org.anomalydetection.csv.CellRecord;
import org.anomalydetection.csv.InputException;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/** The rows of a row group, one after the other. */
final class GroupReader implements Closeable {
  private final RowGroup group;
  private final ParquetFileReader file;
  private final RecordReader<RecordCells> records;
  private long next;

  private GroupReader(RowGroup group, ParquetFileReader file, RecordReader<RecordCells> records) {
    this.group = group;
    this.file = file;
    this.records = records;
  }

  /**
   * Opens a row group.
   *
   * @param row the row to begin with, from 0
   * @throws IOException if the file cannot be read
   * @throws InputException if it has changed, or is damaged
   */
  static GroupReader open(RowGroup group, long row) throws IOException {
    try {
      return openAt(group, row);
    } catch (IOException e) {
      throw new IOException(
          String.format(
              "input %s: row group %d cannot be read: %s",
              group.path(), group.index(), e.getMessage()),
          e);
    }
  }

  private static GroupReader openAt(RowGroup group, long row) throws IOException {
    ParquetFileReader file = ParquetFile.open(group.path());
    try {
      requireStill(group, file);
      PageReadStore pages = file.readRowGroup(group.index());
      requireStill(group, file);
      MessageType schema = file.getFileMetaData().getSchema();
      RecordCells cells = new RecordCells(schema);
      GroupReader reader =
          new GroupReader(
              group,
              file,
              new ColumnIOFactory(file.getFileMetaData().getCreatedBy())
                  .getColumnIO(schema)
                  .getRecordReader(pages, cells));
      while (reader.next < row) {
        reader.read();
      }
      return reader;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static void requireStill(RowGroup group, ParquetFileReader file) throws IOException {
    if (!group.file().isStillAt(group.path())
        || group.index() >= file.getRowGroups().size()
        || file.getRowGroups().get(group.index()).getRowCount() != group.rows()) {
      throw InputException.changed(group.path());
    }
  }

  /** Tells whether a row of a group is the one that is read next. */
  boolean isAt(RowGroup other, long row) {
    return group.equals(other) && next == row;
  }

  /** Returns which row of the group is read next, from 0. */
  long next() {
    return next;
  }

  /**
   * Reads a row, of which the object is the same each time.
   *
   * @throws InputException if the file is damaged
   */
  CellRecord read() {
    try {
      RecordCells record = records.read();
      next++;
      record.number(group.before() + next);
      return record;
    } catch (RuntimeException e) {
      throw new InputException(
          String.format(
              "input %s: record %d cannot be read: %s",
              group.path(), group.before() + next + 1, e.getMessage()),
          e);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
