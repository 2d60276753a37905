package org.anomalydetection.csv;

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.io.input.BOMInputStream;

/**
 * The records of a CSV file (RFC 4180), the header first. Empty lines are no records; a byte order
 * mark is passed over.
 */
public final class CsvRecords implements Iterator<List<Cell>>, AutoCloseable {
  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get();

  private static final int BUFFER_BYTES = 1 << 16;

  private final String path;
  private long line;
  private final CSVParser parser;
  private final Iterator<CSVRecord> records;
  private long returned;

  private CsvRecords(String path, CSVParser parser) {
    this.path = path;
    this.parser = parser;
    this.records = parser.iterator();
  }

  /** Opens the input. */
  static CsvRecords open(String path) {
    return open(path, "input");
  }

  /**
   * Opens a file on any file system of Beam.
   *
   * @param what what the file is called in messages
   * @throws InputException if it is not there or cannot be read
   */
  public static CsvRecords open(String path, String what) {
    try {
      // Not matched as a pattern: on a local disk that would search all folders around the file.
      ResourceId file = FileSystems.matchNewResource(path, false);
      Reader reader =
          new InputStreamReader(
              BOMInputStream.builder()
                  .setInputStream(
                      new BufferedInputStream(
                          Channels.newInputStream(FileSystems.open(file)), BUFFER_BYTES))
                  .get(),
              StandardCharsets.ISO_8859_1);
      return new CsvRecords(path, CSVParser.parse(reader, FORMAT));
    } catch (FileNotFoundException e) {
      throw new InputException(
          what + " " + path + ": expected a CSV file, found none: " + e.getMessage(), e);
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException(what + " " + path + " cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Tells whether there is another record.
   *
   * @throws CsvSyntaxException if a quote in it is not closed, or text follows a closed one
   */
  @Override
  public boolean hasNext() {
    try {
      return records.hasNext();
    } catch (UncheckedIOException e) {
      // Record 0 is the header, so the number of records so far is that of the one at fault.
      throw new CsvSyntaxException(
          path + ": " + (returned == 0 ? "the header" : "record " + returned) + ": " + reason(e),
          e);
    }
  }

  @Override
  public List<Cell> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    returned++;
    line = parser.getCurrentLineNumber();
    return records.next().stream().map(Cell::ofBytes).toList();
  }

  /** Returns the number of the record that {@link #next} returned last; the header is 0. */
  long number() {
    return returned - 1;
  }

  /** Returns the line of the file that the record which {@link #next} returned last ends in. */
  public long line() {
    return line;
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }

  private static String reason(UncheckedIOException e) {
    String message = String.valueOf(e.getCause().getMessage());
    return message.contains("EOF reached before encapsulated token finished")
        ? "expected a closing quote, found the end of the file; a quote that opens in this record"
            + " is not closed"
        : "expected a comma or the end of the record after a closing quote, found other text";
  }
}
