package org.anomalydetection.replay;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.anomalydetection.csv.Cell;
import org.anomalydetection.csv.CsvRecords;
import org.anomalydetection.csv.InputException;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Errors as CSV with a header. */
final class CsvErrors implements ErrorRows {
  private final CsvRecords records;
  private final int index;
  private final int stage;
  private List<Cell> record = List.of();
  private long number;

  private CsvErrors(CsvRecords records, List<String> header) {
    this.records = records;
    this.index = header.indexOf(ELEMENT);
    this.stage = header.indexOf(STAGE);
  }

  static CsvErrors open(String path) throws IOException {
    CsvRecords records = CsvRecords.open(path, "--replay:");
    List<String> header =
        records.hasNext() ? records.next().stream().map(Cell::readable).toList() : List.of();
    if (!header.contains(ELEMENT)) {
      records.close();
      throw new InputException(
          String.format(
              "--replay: %s: expected a file of errors with the column %s, found %s",
              path, ELEMENT, header.isEmpty() ? "nothing" : String.join(", ", header)));
    }
    return new CsvErrors(records, header);
  }

  @Override
  public boolean next() {
    if (!records.hasNext()) {
      return false;
    }
    record = records.next();
    number++;
    return true;
  }

  @Override
  public long number() {
    return number;
  }

  @Override
  public @Nullable String element() {
    return text(index).orElse(null);
  }

  @Override
  public String stage() {
    return text(stage).orElse("");
  }

  private Optional<String> text(int cell) {
    return cell >= 0 && cell < record.size() ? record.get(cell).text() : Optional.empty();
  }

  @Override
  public String shown() {
    return record.stream().map(Cell::readable).collect(Collectors.joining(","));
  }

  @Override
  public void close() throws IOException {
    records.close();
  }
}
