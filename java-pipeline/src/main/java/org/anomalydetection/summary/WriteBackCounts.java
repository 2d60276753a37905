package org.anomalydetection.summary;

import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What became of scored rows whose values are written back.
 *
 * @param changed rows whose record had other values, which were written or, in a preview, would be
 * @param equal rows whose record had their values already
 * @param superseded rows that another one of the same record has superseded
 * @param failed rows that are in the errors, beside their place among the scored rows
 * @param shown the first of the changes, oddest first
 */
public record WriteBackCounts(
    long changed, long equal, long superseded, long failed, List<Change> shown) {
  /** How many changes the summary shows. */
  static final int SHOWN = 10;

  static final WriteBackCounts NONE = new WriteBackCounts(0, 0, 0, 0, List.of());

  /** What differs of a record. */
  public record Change(String id, double score, List<Difference> differences)
      implements Serializable {}

  /** A field of a record, with the value that it had and the one that it gets; null for none. */
  public record Difference(String field, @Nullable String before, @Nullable String after)
      implements Serializable {}

  /** Counts rows, of whose changes it keeps the first. */
  public static WriteBackCounts of(
      long changed, long equal, long superseded, long failed, List<Change> changes) {
    return new WriteBackCounts(changed, equal, superseded, failed, first(changes.stream()));
  }

  WriteBackCounts and(WriteBackCounts other) {
    return new WriteBackCounts(
        changed + other.changed,
        equal + other.equal,
        superseded + other.superseded,
        failed + other.failed,
        first(Stream.concat(shown.stream(), other.shown.stream())));
  }

  private static List<Change> first(Stream<Change> changes) {
    return changes
        .sorted(Comparator.comparingDouble(Change::score).reversed().thenComparing(Change::id))
        .limit(SHOWN)
        .toList();
  }
}
