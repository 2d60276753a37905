package org.anomalydetection.writeback;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestStream;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;

class WindowBatchesTest {
  private static final Duration DAY = Duration.standardDays(1);

  @Test
  void shouldNotPutAllOfALongWindowTogetherNorCutAShortOne() {
    List<TimestampedValue<Integer>> values = new ArrayList<>();
    IntStream.range(0, 25).forEach(i -> values.add(at(Duration.standardMinutes(i), i)));
    IntStream.range(0, 4).forEach(i -> values.add(at(DAY.plus(Duration.millis(i)), i)));
    Pipeline pipeline = Pipeline.create();
    PCollection<KV<Integer, Integer>> sizes =
        pipeline
            .apply(
                TestStream.create(VarIntCoder.of())
                    .addElements(values.get(0), values.subList(1, values.size()).toArray(array()))
                    .advanceWatermarkToInfinity())
            .apply(Window.into(FixedWindows.of(DAY)))
            .apply(new WindowBatches<>(10))
            .apply(
                MapElements.into(
                        TypeDescriptors.kvs(TypeDescriptors.integers(), TypeDescriptors.integers()))
                    .via(batch -> KV.of(batch.getKey(), size(batch.getValue()))));
    PAssert.that(sizes)
        .containsInAnyOrder(List.of(KV.of(0, 10), KV.of(1, 10), KV.of(2, 5), KV.of(0, 4)));
    pipeline.run().waitUntilFinish();
  }

  private static TimestampedValue<Integer> at(Duration since, int value) {
    return TimestampedValue.of(value, Instant.ofEpochMilli(0).plus(since));
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
  private static TimestampedValue<Integer>[] array() {
    return new TimestampedValue[0];
  }

  private static int size(Iterable<Integer> values) {
    int size = 0;
    for (Integer ignored : values) {
      size++;
    }
    return size;
  }
}
