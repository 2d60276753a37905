package org.anomalydetection.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Optional;
import org.anomalydetection.csv.RowParser;
import org.anomalydetection.metrics.RowCounter;
import org.anomalydetection.metrics.RowMetric;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.ErrorRow;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Reads files of errors, each in one go. */
final class ReplayFn extends DoFn<String, Row> {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN = 80;

  private final Columns columns;
  private final RowCounter read = new RowCounter(RowMetric.READ);
  private transient @Nullable RowParser parser;

  ReplayFn(Columns columns) {
    this.columns = columns;
  }

  @Setup
  public void setup() {
    parser = new RowParser(columns);
  }

  @ProcessElement
  public void process(@Element String path, MultiOutputReceiver out) throws IOException {
    OutputReceiver<Row> good = out.get(ReadResult.ROWS);
    OutputReceiver<Row> bad = out.get(ReadResult.ERRORS);
    out.get(ReadResult.BEGUN).output(System.currentTimeMillis());
    long records = 0;
    try (ErrorRows rows = ErrorRows.open(path)) {
      while (rows.next()) {
        Optional<JsonNode> element = ElementCells.read(rows.element());
        if (element.isPresent()) {
          ElementCells cells = ElementCells.of(rows.number(), element.get(), columns.names());
          parser.parse(path, cells, good::output, bad::output);
        } else {
          bad.output(noRecord(path, rows));
        }
        records++;
        read.increment();
      }
    }
    out.get(ReadResult.COUNTS).output(records);
  }

  private static Row noRecord(String path, ErrorRows rows) {
    String element = rows.element();
    String found = element == null ? rows.shown() : element;
    return ErrorRow.of(
        path,
        rows.number(),
        null,
        null,
        "a row of errors whose element is a JSON object or list",
        found.length() > SHOWN ? found.substring(0, SHOWN) + "\u2026" : found,
        found);
  }

  @FinishBundle
  public void finishBundle() {
    read.flush();
  }
}
