package org.anomalydetection.salesforce;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.anomalydetection.salesforce.api.BulkPage;
import org.anomalydetection.salesforce.api.QueryPage;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * The records of a page as texts, one for each field that was asked for and null where it is
 * missing: equal whether they came as the CSV of a bulk query or as the JSON of REST.
 */
final class RecordCells {
  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).setNullString("").get();

  /** How REST writes the zone of all its times, which are of UTC; bulk queries say Z. */
  private static final String REST_UTC = "+0000";

  private static final int TIME_LENGTH = "2024-01-31T12:00:00.000+0000".length();

  private RecordCells() {}

  /**
   * Returns the records of a page of a bulk query.
   *
   * @throws ReadException if a field is not there, or there are not as many records as it says
   */
  static List<@Nullable String[]> of(BulkPage page, List<String> paths) throws ReadException {
    List<@Nullable String[]> records = new ArrayList<>();
    try (CSVParser parser = CSVParser.parse(page.csv(), FORMAT)) {
      int[] indexes = indexes(parser.getHeaderMap(), paths, page.records());
      for (CSVRecord record : parser) {
        @Nullable String[] cells = new String[indexes.length];
        for (int i = 0; i < cells.length; i++) {
          cells[i] = clean(record.get(indexes[i]));
        }
        records.add(cells);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new ReadException("expected CSV of Salesforce, found " + e.getMessage(), e);
    }
    if (records.size() != page.records()) {
      throw new ReadException(
          String.format(
              "expected %d records in a page of Salesforce, found %d",
              page.records(), records.size()));
    }
    return records;
  }

  private static int[] indexes(
      @Nullable Map<String, Integer> header, List<String> paths, long records)
      throws ReadException {
    Map<String, Integer> byName = new HashMap<>();
    if (header != null) {
      header.forEach((name, index) -> byName.put(name.toLowerCase(Locale.ROOT), index));
    }
    int[] indexes = new int[paths.size()];
    for (int i = 0; i < indexes.length; i++) {
      Integer index = byName.get(paths.get(i).toLowerCase(Locale.ROOT));
      if (index == null && records > 0) {
        throw new ReadException(
            String.format(
                "expected the field %s in a page of Salesforce, found %s",
                paths.get(i), byName.keySet()));
      }
      indexes[i] = index == null ? -1 : index;
    }
    return indexes;
  }

  /** Returns the records of a page of a REST query. */
  static List<@Nullable String[]> of(QueryPage page, List<String> paths) {
    String[][] steps = paths.stream().map(path -> path.split("\\.")).toArray(String[][]::new);
    List<@Nullable String[]> records = new ArrayList<>();
    for (JsonNode record : page.records()) {
      @Nullable String[] cells = new String[steps.length];
      for (int i = 0; i < cells.length; i++) {
        JsonNode node = record;
        for (String step : steps[i]) {
          node = node.path(step);
        }
        String text = node.isValueNode() ? node.asText() : node.toString();
        cells[i] = node.isNull() || text.isEmpty() ? null : clean(text);
      }
      records.add(cells);
    }
    return records;
  }

  private static @Nullable String clean(@Nullable String cell) {
    if (cell == null) {
      return null;
    }
    String text = cell.indexOf('\0') < 0 ? cell : cell.replace("\0", "");
    boolean time =
        text.length() == TIME_LENGTH && text.endsWith(REST_UTC) && text.charAt(10) == 'T';
    return time ? text.substring(0, TIME_LENGTH - REST_UTC.length()) + "Z" : text;
  }
}
