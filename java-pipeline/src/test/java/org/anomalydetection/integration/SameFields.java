package org.anomalydetection.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.beam.sdk.schemas.Schema;

/** Compares schemas of which one came through Python, which describes no fields. */
final class SameFields {
  private SameFields() {}

  /** Checks that schemas have the same fields in the same order, of the same types. */
  static void require(Schema expected, Schema found) {
    assertEquals(expected.getFieldNames(), found.getFieldNames());
    for (Schema.Field field : expected.getFields()) {
      assertEquals(field.getType(), found.getField(field.getName()).getType(), field.getName());
    }
  }
}
