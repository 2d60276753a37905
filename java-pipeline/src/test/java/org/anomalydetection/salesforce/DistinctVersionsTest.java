package org.anomalydetection.salesforce;

import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.RowCoder;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;

class DistinctVersionsTest {
  private static final Schema SCHEMA =
      Schema.builder().addNullableField("Id", FieldType.STRING).addStringField("Name").build();

  private static TimestampedValue<Row> row(String id, String name, long millis) {
    return TimestampedValue.of(
        Row.withSchema(SCHEMA).addValues(id, name).build(), Instant.ofEpochMilli(millis));
  }

  @Test
  void shouldPassEachVersionOfARecordOnce() {
    TestStream<Row> rows =
        TestStream.create(RowCoder.of(SCHEMA))
            .addElements(row("a", "first", 1000), row("b", "other", 1000))
            .addElements(row("a", "first", 1000), row("a", "second", 1001))
            .advanceWatermarkTo(Instant.ofEpochMilli(2000))
            .addElements(row("a", "second", 1001), row(null, "x", 2000), row(null, "y", 2000))
            .advanceWatermarkToInfinity();
    Pipeline pipeline = Pipeline.create();
    PCollection<Row> distinct =
        pipeline.apply(rows).setRowSchema(SCHEMA).apply(DistinctVersions.by("Id"));
    PAssert.that(distinct)
        .containsInAnyOrder(
            row("a", "first", 0).getValue(),
            row("b", "other", 0).getValue(),
            row("a", "second", 0).getValue(),
            row(null, "x", 0).getValue(),
            row(null, "y", 0).getValue());
    pipeline.run().waitUntilFinish();
  }
}
