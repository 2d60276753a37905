package org.anomalydetection.csv;

import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;
import org.anomalydetection.files.Stored;
import org.anomalydetection.source.TallCells;

/**
 * Splits a CSV file (RFC 4180) into records and those into cells, as bytes. Empty lines are no
 * records; a byte order mark is passed over. One object stands for one record after the other, and
 * nothing is made for a record or a cell: a million rows have twenty million cells.
 *
 * <p>A quote in the middle of a cell is text; white space between a closing quote and the end of
 * its cell is passed over.
 */
final class RecordScanner implements CellRecord, Closeable {
  private static final int FIRST_BYTES = 1 << 16;
  private static final int FIRST_CELLS = 32;

  /** What no record reaches, unless a quote in it does not close. */
  static final int MOST_BYTES = 1 << 26;

  private static final int END = -1;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final String path;
  private final ReadableByteChannel channel;
  private byte[] buffer = new byte[FIRST_BYTES];
  private ByteBuffer space = ByteBuffer.wrap(buffer);

  /** Where the record begins in the buffer, what is looked at next, and where the bytes end. */
  private int start;

  private int at;
  private int limit;

  /** How many bytes of the file lie before the buffer, and how many lines before {@link #at}. */
  private long before;

  private long lines;

  /** The number of the record; the header is 0. */
  private long number;

  /** The cells of the record, from its beginning. */
  private int[] begins = new int[FIRST_CELLS];

  private int[] ends = new int[FIRST_CELLS];
  private int cells;

  /**
   * Cells of the record with many line breaks: the first, how many it holds, and how many cells.
   */
  private int tall;

  private long lineBreaks;
  private int tallCells;

  private RecordScanner(String path, ReadableByteChannel channel, Position from) {
    this.path = path;
    this.channel = channel;
    this.before = from.bytes();
    this.number = from.equals(Position.START) ? -1 : from.records();
  }

  /**
   * Opens a file on any file system of Beam.
   *
   * @param what what the file is called in messages
   * @param from where to begin: at the beginning, or where {@link #position} was after a record
   * @throws InputException if the file is not there or cannot be read
   */
  static RecordScanner open(String path, String what, Position from) {
    try {
      return of(path, Stored.open(path), from);
    } catch (IOException | IllegalArgumentException e) {
      throw unusable(path, what, e);
    }
  }

  /** Returns what is said of a file that is not there or cannot be read. */
  static InputException unusable(String path, String what, Exception e) {
    return new InputException(
        String.format(
            e instanceof FileNotFoundException
                ? "%s %s: expected a CSV file, found none: %s"
                : "%s %s cannot be read: %s",
            what,
            path,
            e.getMessage()),
        e);
  }

  /**
   * Reads a channel, from its beginning to its end at the most. It is closed if it cannot be read.
   */
  static RecordScanner of(String path, ReadableByteChannel channel, Position from)
      throws IOException {
    RecordScanner scanner = new RecordScanner(path, channel, from);
    try {
      scanner.begin(from);
      return scanner;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void begin(Position from) throws IOException {
    if (from.equals(Position.START)) {
      passMark();
    } else if (channel instanceof SeekableByteChannel seekable) {
      seekable.position(from.bytes());
    } else {
      pass(from.bytes());
    }
  }

  private void passMark() throws IOException {
    while (limit < BYTE_ORDER_MARK.length && fill()) {}
    int length = BYTE_ORDER_MARK.length;
    if (limit >= length && Arrays.equals(buffer, 0, length, BYTE_ORDER_MARK, 0, length)) {
      at = length;
      start = length;
    }
  }

  private void pass(long bytes) throws IOException {
    before = 0;
    while (before + limit < bytes) {
      before += limit;
      limit = 0;
      if (!fill()) {
        return;
      }
    }
    at = (int) (bytes - before);
    start = at;
  }

  /**
   * Goes on to the next record and tells whether there is one.
   *
   * @throws CsvSyntaxException if a quote in it is not closed, or text follows a closed one
   */
  boolean next() throws IOException {
    cells = 0;
    tallCells = 0;
    start = at;
    for (int first = look(); first == '\n' || first == '\r'; first = look()) {
      endLine(first);
      start = at;
    }
    if (look() == END) {
      return false;
    }
    number++;
    int end;
    do {
      end = look() == '"' ? quoted() : plain();
    } while (end == ',');
    if (end == END) {
      lines++;
    } else {
      at--;
      endLine(end);
    }
    return true;
  }

  /** Reads a cell that does not begin with a quote; returns the byte behind it, which is passed. */
  private int plain() throws IOException {
    int begin = at - start;
    while (true) {
      byte[] bytes = buffer;
      int stop = limit;
      for (int i = at; i < stop; i++) {
        byte b = bytes[i];
        if (b <= ',' && (b == ',' || b == '\n' || b == '\r')) {
          at = i + 1;
          add(begin, i - start);
          return b;
        }
      }
      at = stop;
      if (!fill()) {
        add(begin, at - start);
        return END;
      }
    }
  }

  /** Reads a cell that begins with a quote; each doubled quote in it becomes one in its place. */
  private int quoted() throws IOException {
    at++;
    int begin = at - start;
    int length = 0;
    int last = 0;
    long linesBefore = lines;
    while (true) {
      int b = look();
      if (b == END) {
        throw damaged(
            "expected a closing quote, found the end of the file; a quote that opens in this record"
                + " is not closed");
      }
      at++;
      if (b == '"') {
        if (look() != '"') {
          break;
        }
        at++;
      } else if (b == '\r' || (b == '\n' && last != '\r')) {
        lines++;
      }
      buffer[start + begin + length++] = (byte) b;
      last = b;
    }
    if (lines - linesBefore > TallCells.MOST_LINE_BREAKS && tallCells++ == 0) {
      tall = cells;
      lineBreaks = lines - linesBefore;
    }
    add(begin, begin + length);
    while (true) {
      int b = look();
      if (b == END) {
        return END;
      }
      at++;
      if (b == ',' || b == '\n' || b == '\r') {
        return b;
      }
      if (!Character.isWhitespace(b)) {
        throw damaged(
            "expected a comma or the end of the record after a closing quote, found other text");
      }
    }
  }

  private void add(int begin, int end) {
    if (cells == begins.length) {
      begins = Arrays.copyOf(begins, 2 * cells);
      ends = Arrays.copyOf(ends, 2 * cells);
    }
    begins[cells] = begin;
    ends[cells++] = end;
  }

  private void endLine(int first) throws IOException {
    at++;
    if (first == '\r' && look() == '\n') {
      at++;
    }
    lines++;
  }

  /** Returns the next byte without passing it, from 0 to 255, or {@link #END}. */
  private int look() throws IOException {
    return at < limit || fill() ? buffer[at] & 0xff : END;
  }

  /** Reads on, keeping the record; tells whether anything came. */
  private boolean fill() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, limit - start);
      before += start;
      at -= start;
      limit -= start;
      start = 0;
    }
    if (limit == MOST_BYTES) {
      throw damaged(
          "expected a record of at most 64 MiB, found more; a quote that opens in it may not be"
              + " closed");
    }
    if (limit == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * limit);
      space = ByteBuffer.wrap(buffer);
    }
    space.limit(buffer.length).position(limit);
    int read;
    do {
      read = channel.read(space);
    } while (read == 0);
    limit += Math.max(read, 0);
    return read > 0;
  }

  private CsvSyntaxException damaged(String reason) {
    return new CsvSyntaxException(
        path + ": " + (number == 0 ? "the header" : "record " + number) + ": " + reason);
  }

  @Override
  public int cells() {
    return cells;
  }

  /**
   * Returns the bytes that {@link #begin} and {@link #end} are places in, until the next record.
   */
  @Override
  public byte[] bytes() {
    return buffer;
  }

  @Override
  public int begin(int cell) {
    return start + begins[cell];
  }

  @Override
  public int end(int cell) {
    return start + ends[cell];
  }

  /** Returns the number of the record; the header is 0. */
  @Override
  public long number() {
    return number;
  }

  /** Returns how many cells of the record hold many line breaks. */
  int tallCells() {
    return tallCells;
  }

  /** Returns which is the first of the {@link #tallCells}, of which there are some. */
  int tall() {
    return tall;
  }

  /** Returns how many line breaks the first of the {@link #tallCells} holds. */
  long lineBreaks() {
    return lineBreaks;
  }

  /** Returns where the record ends. */
  Position position() {
    return new Position(before + at, number);
  }

  /** Returns how many lines end before the end of the record; of a file that was opened at 0. */
  long lines() {
    return lines;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
