package org.anomalydetection.salesforce;

import java.io.Serializable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A span of the cursor field: from {@code start} on, and before {@code end}. What lies on an edge
 * belongs to one window alone, however many records have that very time.
 *
 * @param start its beginning, in whole milliseconds; null for no limit
 * @param end its end, in whole milliseconds; null for no limit
 */
record QueryWindow(@Nullable Instant start, @Nullable Instant end) implements Serializable {
  /** All that there is. */
  static final QueryWindow ALL = new QueryWindow(null, null);

  /** No record of Salesforce is older than the company. */
  static final Instant FIRST = Instant.parse("1999-01-01T00:00:00Z");

  /** Returns windows of at most a length that cover this one; both of its ends are limited. */
  List<QueryWindow> split(Duration length) {
    List<QueryWindow> windows = new ArrayList<>();
    for (Instant from = start; from.isBefore(end); ) {
      Instant to = from.plus(length);
      windows.add(new QueryWindow(from, to.isBefore(end) ? to : end));
      from = to;
    }
    return windows;
  }

  /**
   * Returns two windows that cover this one, the older one first; only this one if it is too short.
   */
  List<QueryWindow> halves() {
    long from = (start == null ? FIRST : start).toEpochMilli();
    long to = (end == null ? Instant.now() : end).toEpochMilli();
    if (to - from < 2) {
      return List.of(this);
    }
    Instant middle = Instant.ofEpochMilli(from + (to - from) / 2);
    return List.of(new QueryWindow(start, middle), new QueryWindow(middle, end));
  }

  @Override
  public String toString() {
    if (start == null && end == null) {
      return "all records";
    }
    return (start == null ? "records" : "records from " + start)
        + (end == null ? " on" : " before " + end);
  }
}
