package org.anomalydetection.writeback;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.anomalydetection.salesforce.api.FieldDescription;

/** A value of a scored row that is written back. */
public enum Value {
  /** How odd the row is, from 0 to 1. */
  SCORE("a number with at least one digit in front of the point and two behind it"),
  /** Whether it is odd. */
  LABEL("a number or a checkbox"),
  /** The first reason in words, nothing for a row that has none. */
  REASON("a text of at least " + Value.SHORTEST_REASON + " characters");

  private static final int SHORTEST_REASON = 80;
  private static final Set<String> TEXTS = Set.of("string", "textarea");

  private final String expected;

  Value(String expected) {
    this.expected = expected;
  }

  /** Returns the value of a word of the option. */
  static Value of(String word) {
    return Arrays.stream(values())
        .filter(value -> value.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected "
                        + Arrays.stream(values()).map(Value::word).collect(Collectors.joining(", "))
                        + ", found "
                        + word));
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns which fields take it, in words. */
  String expected() {
    return expected;
  }

  /** Tells whether a field takes it. */
  boolean fits(FieldDescription field) {
    boolean number = field.type().equals("double") && field.precision() > field.scale();
    return switch (this) {
      case SCORE -> number && field.scale() >= 2;
      case LABEL -> number || field.type().equals("boolean");
      case REASON -> TEXTS.contains(field.type()) && field.length() >= SHORTEST_REASON;
    };
  }
}
