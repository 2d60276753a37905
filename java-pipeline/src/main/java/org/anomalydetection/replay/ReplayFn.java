package org.anomalydetection.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
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
  private static final String ELEMENT = "a row of errors whose element is a JSON object or list";
  private static final String OBJECT =
      "an object, since no other element of its file has all columns, or some have another order:"
          + " the cells of a list have no names";

  private final Columns columns;

  @SuppressWarnings("serial") // a map of lists of strings
  private final Map<String, List<String>> orders;

  private final WholeRows whole;
  private final RowCounter read = new RowCounter(RowMetric.READ);
  private transient @Nullable RowParser parser;

  /**
   * @param orders the columns in the order that lists of cells have them, by the path of the file;
   *     none for a file whose lists have no names
   */
  ReplayFn(Columns columns, Map<String, List<String>> orders, WholeRows whole) {
    this.columns = columns;
    this.orders = orders;
    this.whole = whole;
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
    @Nullable List<String> order = orders.get(path);
    long records = 0;
    try (ErrorRows rows = ErrorRows.open(path)) {
      while (rows.next()) {
        Optional<JsonNode> element = ElementCells.read(rows.element());
        List<String> lacking =
            element.map(json -> whole.lacking(rows.stage(), json)).orElse(List.of());
        if (!lacking.isEmpty()) {
          bad.output(scoredAlready(path, rows, lacking, element.get()));
        } else if (element.isPresent() && element.get().isArray() && order == null) {
          bad.output(noRecord(path, rows, OBJECT, element.get()));
        } else if (element.isPresent()) {
          ElementCells cells =
              ElementCells.of(rows.number(), element.get(), columns.names(), order);
          parser.parse(path, cells, good::output, bad::output);
        } else {
          bad.output(noRecord(path, rows, ELEMENT, shown(rows)));
        }
        records++;
        read.increment();
      }
    }
    out.get(ReadResult.COUNTS).output(records);
  }

  /** Its stage stays, so that this is known when it is read once more. */
  private Row scoredAlready(String path, ErrorRows rows, List<String> lacking, JsonNode element) {
    Row error =
        ErrorRow.of(
            path,
            rows.number(),
            element.path(columns.idColumn()).asText(null),
            null,
            "the whole row to score it again, which is scored already",
            "an element without " + String.join(", ", lacking),
            element);
    return Row.fromRow(error).withFieldValue("stage", rows.stage()).build();
  }

  private static String shown(ErrorRows rows) {
    String element = rows.element();
    return element == null ? rows.shown() : element;
  }

  private static Row noRecord(String path, ErrorRows rows, String expected, Object element) {
    String found = shown(rows);
    return ErrorRow.of(
        path,
        rows.number(),
        null,
        null,
        expected,
        found.length() > SHOWN ? found.substring(0, SHOWN) + "\u2026" : found,
        element);
  }

  @FinishBundle
  public void finishBundle() {
    read.flush();
  }
}
