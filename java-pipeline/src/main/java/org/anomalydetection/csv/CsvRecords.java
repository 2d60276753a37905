package org.anomalydetection.csv;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** The records of a small CSV file, the header first, as lists of cells; see RecordScanner. */
public final class CsvRecords implements Iterator<List<Cell>>, AutoCloseable {
  private final String name;
  private final RecordScanner scanner;
  private boolean ahead;
  private boolean more;

  private CsvRecords(String name, RecordScanner scanner) {
    this.name = name;
    this.scanner = scanner;
  }

  /**
   * Opens a file on any file system of Beam.
   *
   * @param what what the file is called in messages
   * @throws InputException if it is not there or cannot be read
   */
  public static CsvRecords open(String path, String what) {
    return new CsvRecords(what + " " + path, RecordScanner.open(path, what, Position.START));
  }

  /**
   * Tells whether there is another record.
   *
   * @throws CsvSyntaxException if a quote in it is not closed, or text follows a closed one
   * @throws InputException if the file cannot be read
   */
  @Override
  public boolean hasNext() {
    if (!ahead) {
      try {
        more = scanner.next();
      } catch (IOException e) {
        throw new InputException(name + " cannot be read: " + e.getMessage(), e);
      }
      ahead = true;
    }
    return more;
  }

  @Override
  public List<Cell> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    ahead = false;
    return scanner.copies();
  }

  /**
   * Returns the line of the file that the record ends in which {@link #next} returned last, until
   * {@link #hasNext} looks for another.
   */
  public long line() {
    return scanner.lines();
  }

  @Override
  public void close() throws IOException {
    scanner.close();
  }
}
