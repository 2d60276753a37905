package org.anomalydetection.csv;

import java.io.IOException;
import org.anomalydetection.files.FileVersion;
import org.anomalydetection.metrics.RowCounter;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Portions;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.TallCells;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.DoFn.BoundedPerElement;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Reads files, each from its beginning to its end, since where a record ends is known only by
 * reading all before it. It stops now and then to go on in another bundle, on any worker; a file
 * that is another one by then is refused, as its bytes are not where the last bundle saw them.
 */
@BoundedPerElement
final class ReadFn extends DoFn<String, Row> {
  private static final long serialVersionUID = 1L;
  private static final String INPUT = "input";

  private final Columns columns;
  private final Portions portions;
  private final RowCounter read = new RowCounter(RowMetric.READ);
  private transient @Nullable RowParser parser;
  private transient @Nullable TallCells tall;

  /**
   * Reads files with these columns.
   *
   * @param portions after how many records to stop and go on in another bundle
   */
  ReadFn(Columns columns, Portions portions) {
    this.columns = columns;
    this.portions = portions;
  }

  @GetInitialRestriction
  public FilePart initialRestriction(@Element String path) {
    try {
      return FilePart.whole(FileVersion.of(path));
    } catch (IOException | IllegalArgumentException e) {
      throw RecordScanner.unusable(path, INPUT, e);
    }
  }

  @GetRestrictionCoder
  public Coder<FilePart> restrictionCoder() {
    return new FilePart.Coder();
  }

  @NewTracker
  public FilePartTracker tracker(@Restriction FilePart part) {
    return new FilePartTracker(part);
  }

  @Setup
  public void setup() {
    parser = new RowParser(columns);
  }

  @StartBundle
  public void startBundle() {
    portions.begin();
  }

  @ProcessElement
  public ProcessContinuation process(
      @Element String path, RestrictionTracker<FilePart, Position> tracker, MultiOutputReceiver out)
      throws IOException {
    tall = null;
    ProcessContinuation goesOn = read(path, tracker, out);
    if (tall != null) {
      out.get(ReadResult.TALL).output(tall);
    }
    return goesOn;
  }

  private ProcessContinuation read(
      String path, RestrictionTracker<FilePart, Position> tracker, MultiOutputReceiver out)
      throws IOException {
    FileVersion file = tracker.currentRestriction().file();
    Position from = tracker.currentRestriction().from();
    long last = from.records() + portions.next(from.records());
    if (last == from.records()) {
      return ProcessContinuation.resume();
    }
    OutputReceiver<Row> good = out.get(ReadResult.ROWS);
    OutputReceiver<Row> bad = out.get(ReadResult.ERRORS);
    try (RecordScanner record = RecordScanner.open(path, INPUT, from)) {
      requireStill(file, path);
      if (from.equals(Position.START)) {
        requireHeader(path, record);
        if (!tracker.tryClaim(record.position())) {
          return ProcessContinuation.stop();
        }
        out.get(ReadResult.BEGUN).output(System.currentTimeMillis());
      }
      while (record.number() < last) {
        if (!record.next()) {
          requireStill(file, path);
          if (tracker.tryClaim(Position.END)) {
            out.get(ReadResult.COUNTS).output(record.number());
          }
          return ProcessContinuation.stop();
        }
        if (!tracker.tryClaim(record.position())) {
          return ProcessContinuation.stop();
        }
        parser.parse(path, record, good::output, bad::output);
        read.increment();
        if (record.tallCells() > 0) {
          tall = tall == null ? tallOf(path, record) : tall.and(tallOf(path, record));
        }
        portions.take(1);
      }
      return ProcessContinuation.resume();
    }
  }

  private TallCells tallOf(String path, RecordScanner record) {
    int cell = record.tall();
    String column =
        cell < columns.names().size()
            ? "column " + columns.names().get(cell)
            : "cell " + (cell + 1);
    return new TallCells(path, record.number(), column, record.lineBreaks(), record.tallCells());
  }

  private static void requireStill(FileVersion file, String path) throws IOException {
    if (!file.isStillAt(path)) {
      throw InputException.changed(path);
    }
  }

  /** Reads the header, which the columns are of, unless the file was replaced since then. */
  private void requireHeader(String path, RecordScanner record) throws IOException {
    if (!record.next() || !Header.names(path, record.copies()).equals(columns.names())) {
      throw InputException.changed(path);
    }
  }

  @FinishBundle
  public void finishBundle() {
    read.flush();
  }
}
