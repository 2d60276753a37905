package org.anomalydetection.writeback;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.anomalydetection.summary.Counts;
import org.anomalydetection.summary.WriteBackCounts;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;

/** Scored rows that are written back together, and what becomes of each. */
final class Batch {
  /** What would be written to a field of a record, in place of what. */
  static final Schema PREVIEW =
      Schema.builder()
          .addStringField("id")
          .addDoubleField("score")
          .addStringField("field")
          .addNullableStringField("before")
          .addNullableStringField("after")
          .build();

  /** The later row of two, of equally late ones the odder one. */
  private static final Comparator<TimestampedValue<Row>> LATEST =
      Comparator.<TimestampedValue<Row>, org.joda.time.Instant>comparing(
              TimestampedValue::getTimestamp)
          .thenComparing(row -> row.getValue().getDouble("score"));

  private final List<TargetField> fields;
  private final Errors errors;
  private final Map<String, TimestampedValue<Row>> rows = new LinkedHashMap<>();
  private final Map<String, Change> changes = new LinkedHashMap<>();
  private long superseded;
  private long equal;
  private boolean compared;

  Batch(List<TargetField> fields, Errors errors) {
    this.fields = fields;
    this.errors = errors;
  }

  /** Adds a scored row. */
  void add(TimestampedValue<Row> row) {
    String id = row.getValue().getString("id");
    if (!RecordId.isOne(id)) {
      errors.badId(row.getValue(), "an id of 15 or 18 characters");
      return;
    }
    TimestampedValue<Row> other = rows.get(RecordId.key(id));
    if (other != null) {
      superseded++;
    }
    if (other == null || LATEST.compare(row, other) > 0) {
      rows.put(RecordId.key(id), row);
    }
  }

  /** Returns the ids of the records. */
  List<String> ids() {
    return rows.values().stream().map(row -> row.getValue().getString("id")).toList();
  }

  /**
   * Finds out what differs.
   *
   * @param present the values that the records have, by {@link RecordId#key} and field
   */
  void compare(Map<String, Map<String, String>> present) {
    rows.forEach(
        (key, timed) -> {
          Row row = timed.getValue();
          Map<String, String> before = present.get(key);
          if (before == null) {
            errors.badId(row, "a record that this login may see");
            return;
          }
          Map<String, String> after = values(row);
          if (before.equals(after)) {
            equal++;
          } else {
            changes.put(key, new Change(row, before, after));
          }
        });
    compared = true;
  }

  /** Returns what differs, by {@link RecordId#key}. */
  Map<String, Change> changes() {
    return changes;
  }

  /**
   * Takes what was not written to the errors.
   *
   * @param messages Salesforce's, by {@link RecordId#key}
   */
  void refused(Map<String, String> messages) {
    messages.forEach(
        (key, message) -> {
          Change change = Objects.requireNonNull(changes.remove(key));
          errors.refused(change.row(), message);
        });
  }

  /**
   * Takes all that may not be written to the errors, since Salesforce cannot be asked now.
   *
   * @param message why
   */
  void failed(String message) {
    if (compared) {
      changes.values().forEach(change -> errors.refused(change.row(), message));
      changes.clear();
    } else {
      rows.values().forEach(row -> errors.refused(row.getValue(), message));
    }
  }

  /** Returns how many rows are in the errors. */
  long errors() {
    return errors.count();
  }

  /** Returns what differs as rows of {@link #PREVIEW}, one for each field. */
  List<Row> preview() {
    List<Row> shown = new ArrayList<>();
    for (Change change : changes.values()) {
      for (WriteBackCounts.Difference one : differences(change)) {
        shown.add(
            Row.withSchema(PREVIEW)
                .addValues(
                    change.row().getString("id"),
                    change.row().getDouble("score"),
                    one.field(),
                    one.before(),
                    one.after())
                .build());
      }
    }
    return shown;
  }

  /** Returns the counts as a line of the summary. */
  String counts() {
    List<WriteBackCounts.Change> shown = new ArrayList<>();
    for (Change change : changes.values()) {
      shown.add(
          new WriteBackCounts.Change(
              change.row().getString("id"), change.row().getDouble("score"), differences(change)));
    }
    return Counts.lineOf(
        WriteBackCounts.of(changes.size(), equal, superseded, errors.count(), shown));
  }

  private List<WriteBackCounts.Difference> differences(Change change) {
    return fields.stream()
        .map(TargetField::name)
        .filter(name -> !Objects.equals(change.before(name), change.after(name)))
        .map(name -> new WriteBackCounts.Difference(name, change.before(name), change.after(name)))
        .toList();
  }

  private Map<String, String> values(Row scored) {
    Map<String, String> values = new LinkedHashMap<>();
    fields.forEach(field -> values.put(field.name(), field.of(scored)));
    return values;
  }
}
