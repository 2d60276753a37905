package org.anomalydetection.writeback;

import java.util.Map;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** A scored row whose record has other values; both by the field, null for none. */
record Change(Row row, Map<String, String> before, Map<String, String> after) {
  @Nullable String before(String field) {
    return before.get(field);
  }

  @Nullable String after(String field) {
    return after.get(field);
  }
}
