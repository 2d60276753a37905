package org.anomalydetection.columns;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.contract.TransformMetrics;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Texts with half of a surrogate pair in them. They have no UTF-8, and Beam sends a question mark
 * in its place; here their rows go to the errors.
 */
public final class BadText {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String EXPECTED = "UTF-8 text";

  private BadText() {}

  /** Returns the place of the first field of a row that such a text stands in, -1 if none does. */
  public static int fieldOf(Row row) {
    for (int i = 0; i < row.getFieldCount(); i++) {
      if (find(row.getValue(i)) != null) {
        return i;
      }
    }
    return -1;
  }

  /** Throws an exception if such a text stands in a value of any type. */
  static void check(Object value) {
    if (find(value) != null) {
      throw new UnsendableTextException();
    }
  }

  /**
   * Returns the row of the contract's errors for a row, and counts it.
   *
   * @param field the place of the field with the text
   * @param idField the name of the field that names a row
   */
  public static Row error(Row row, int field, String idField) {
    Metrics.counter(TransformMetrics.NAMESPACE, TransformMetrics.ERRORS).inc();
    String column = row.getSchema().getField(field).getName();
    String found = Utf8.readable(String.valueOf(find(row.getValue(field))));
    Object id = row.getSchema().hasField(idField) ? row.getValue(idField) : null;
    return Row.withSchema(ContractSchema.ERRORS)
        .withFieldValue("source", null)
        .withFieldValue("row", null)
        .withFieldValue("id", id instanceof String text && Utf8.canWrite(text) ? text : null)
        .withFieldValue("column", column)
        .withFieldValue("expected", EXPECTED)
        .withFieldValue("found", found)
        .withFieldValue("error", column + ": expected " + EXPECTED + ", found " + found)
        .withFieldValue("stage", "score")
        .withFieldValue("element", json(row))
        .build();
  }

  private static @Nullable String find(@Nullable Object value) {
    if (value instanceof String text) {
      return Utf8.canWrite(text) ? null : text;
    }
    Iterable<?> parts = List.of();
    if (value instanceof Iterable<?> items) {
      parts = items;
    } else if (value instanceof Row row) {
      parts = row.getValues();
    } else if (value instanceof Map<?, ?> map) {
      parts = map.entrySet();
    } else if (value instanceof Map.Entry<?, ?> entry) {
      String key = find(entry.getKey());
      return key != null ? key : find(entry.getValue());
    }
    for (Object part : parts) {
      String text = find(part);
      if (text != null) {
        return text;
      }
    }
    return null;
  }

  private static String json(Row row) {
    try {
      return MAPPER.writeValueAsString(portable(row));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns what JSON can hold, in the words of {@code contract/schemas/errors.json}. */
  private static @Nullable Object portable(@Nullable Object value) {
    if (value instanceof String text) {
      return Utf8.canWrite(text) ? text : base64(Utf8.loose(text));
    }
    if (value instanceof byte[] bytes) {
      return base64(bytes);
    }
    if (value instanceof Iterable<?> items) {
      List<@Nullable Object> array = new ArrayList<>();
      items.forEach(item -> array.add(portable(item)));
      return array;
    }
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    if (value instanceof Row row) {
      for (int i = 0; i < row.getFieldCount(); i++) {
        object.put(row.getSchema().getField(i).getName(), portable(row.getValue(i)));
      }
      return object;
    }
    if (value instanceof Map<?, ?> map) {
      map.forEach((key, item) -> object.put(Utf8.readable(String.valueOf(key)), portable(item)));
      return object;
    }
    boolean isJson =
        value == null
            || value instanceof Boolean
            || (value instanceof Number number && Double.isFinite(number.doubleValue()));
    return isJson ? value : String.valueOf(value);
  }

  private static Map<String, String> base64(byte[] bytes) {
    return Map.of("base64", Base64.getEncoder().encodeToString(bytes));
  }
}
