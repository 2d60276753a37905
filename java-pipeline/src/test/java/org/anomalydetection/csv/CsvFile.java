package org.anomalydetection.csv;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.source.Columns;
import org.apache.beam.sdk.values.Row;

/** A CSV file of a test, and what the reader makes of it. */
final class CsvFile {
  private final Path path;

  private CsvFile(Path path) {
    this.path = path;
  }

  /** Writes a file whose characters are bytes. */
  static CsvFile of(Path folder, String latin) {
    try {
      return new CsvFile(
          Files.write(
              Files.createTempFile(folder, "input", ".csv"),
              latin.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Takes a file that is there. */
  static CsvFile at(Path path) {
    return new CsvFile(path);
  }

  String path() {
    return path.toString();
  }

  Columns columns(String idColumn) {
    return Header.read(path(), idColumn, ContractSchema.inputKinds());
  }

  /** Reads all records, as rows of a source. */
  Parsed parse(String source) {
    Columns columns = columns("Id");
    RowParser parser = new RowParser(columns);
    Parsed parsed = new Parsed();
    try (RecordScanner record = RecordScanner.open(path(), "input", Position.START)) {
      record.next();
      while (record.next()) {
        parser.parse(
            source,
            record,
            row -> {
              parsed.numbers.add(record.number());
              parsed.rows.add(row);
            },
            parsed.errors::add);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return parsed;
  }

  /** Rows with the numbers of their records, and errors. */
  static final class Parsed {
    final List<Long> numbers = new ArrayList<>();
    final List<Row> rows = new ArrayList<>();
    final List<Row> errors = new ArrayList<>();
  }
}
