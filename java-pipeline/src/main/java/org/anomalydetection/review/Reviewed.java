package org.anomalydetection.review;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.anomalydetection.contract.Aliases;
import org.anomalydetection.csv.Cell;
import org.anomalydetection.csv.CsvRecords;
import org.anomalydetection.csv.CsvSyntaxException;
import org.anomalydetection.csv.InputException;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The lines of a file of what people have reviewed. A line has an id, a column or both, and matches
 * odd rows: the one with the id, those whose first reason is the column, or the one with the id if
 * that is its first reason. {@code anomaly_detection/tables/reviewed.py} reads the same file.
 * Immutable.
 */
public final class Reviewed implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The two columns that come first; what stands behind them is for people. */
  private static final List<String> HEADER = List.of("id", "column");

  /** More would not fit into a pipeline as a runner takes it. */
  private static final int MOST_LINES = 20_000;

  /** What a line says; one of the two may be null. */
  private record Entry(@Nullable String id, @Nullable String column) implements Serializable {
    @Override
    public String toString() {
      return id == null
          ? "column " + column
          : "id " + id + (column == null ? "" : ", column " + column);
    }
  }

  private final String path;

  @SuppressWarnings("serial") // a map and lists of java.util
  private final Map<Entry, List<Long>> lines;

  private Reviewed(String path, Map<Entry, List<Long>> lines) {
    this.path = path;
    this.lines = lines;
  }

  /**
   * Reads a file.
   *
   * @param path the file, on any file system of Beam
   * @throws InputException that says which line cannot be used, and what was expected there
   */
  public static Reviewed ofFile(String path) {
    Map<Entry, List<Long>> lines = new HashMap<>();
    try (CsvRecords records = CsvRecords.open(path, "--ignore")) {
      int width = header(path, records);
      for (long read = 1; records.hasNext(); read++) {
        List<Cell> cells = records.next();
        String where = String.format("--ignore %s, line %d: ", path, records.line());
        if (read > MOST_LINES) {
          throw new InputException(
              String.format("%sexpected at most %,d lines; leave out old ones", where, MOST_LINES));
        }
        if (cells.size() != width) {
          throw new InputException(
              String.format("%sexpected %d cells, found %d", where, width, cells.size()));
        }
        String column = text(where, cells.get(1)).strip();
        Entry entry =
            new Entry(
                nullIfEmpty(text(where, cells.get(0))),
                nullIfEmpty(column.isEmpty() ? column : Aliases.contractName(column)));
        if (entry.id == null && entry.column == null) {
          throw new InputException(where + "expected an id, a column or both, found neither");
        }
        lines.computeIfAbsent(entry, key -> new ArrayList<>()).add(records.line());
      }
    } catch (CsvSyntaxException e) {
      throw new InputException("--ignore " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException("--ignore " + path + " cannot be read: " + e.getMessage(), e);
    }
    return new Reviewed(path, lines);
  }

  private static int header(String path, CsvRecords records) {
    String where = "--ignore " + path + ", line 1: expected the header id,column, found ";
    if (!records.hasNext()) {
      throw new InputException(where + "nothing");
    }
    List<String> names = records.next().stream().map(cell -> cell.readable().strip()).toList();
    if (names.size() < HEADER.size() || !names.subList(0, HEADER.size()).equals(HEADER)) {
      throw new InputException(where + String.join(",", names));
    }
    return names.size();
  }

  private static String text(String where, Cell cell) {
    return cell.text()
        .orElseThrow(
            () -> new InputException(where + "expected UTF-8 text, found " + cell.readable()));
  }

  private static @Nullable String nullIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }

  /** Tells whether a line has a column, which can match only rows that are given reasons. */
  public boolean needsReasons() {
    return lines.keySet().stream().anyMatch(entry -> entry.column != null);
  }

  /** Returns the numbers of the lines that match a scored row, none for a row that is not odd. */
  public List<Long> matching(Row scored) {
    if (scored.getInt64("label") != 1) {
      return List.of();
    }
    String id = scored.getString("id");
    Row reason = scored.<Row>getArray("reasons").stream().findFirst().orElse(null);
    String column = reason == null ? null : reason.getString("field");
    Stream<Entry> entries =
        column == null
            ? Stream.of(new Entry(id, null))
            : Stream.of(new Entry(id, null), new Entry(null, column), new Entry(id, column));
    return entries.map(lines::get).filter(found -> found != null).flatMap(List::stream).toList();
  }

  /** Returns what each line says that is not among those that matched, in the file's order. */
  public List<String> unmatched(Set<Long> matched) {
    Map<Long, Entry> left = new TreeMap<>();
    lines.forEach(
        (entry, numbers) ->
            numbers.stream()
                .filter(number -> !matched.contains(number))
                .forEach(number -> left.put(number, entry)));
    return left.entrySet().stream()
        .map(line -> String.format("%s, line %d (%s)", path, line.getKey(), line.getValue()))
        .toList();
  }
}
