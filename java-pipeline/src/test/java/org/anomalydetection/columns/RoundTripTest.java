package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random rows through blocks and back. */
class RoundTripTest {
  private static final int SCHEMAS = 200;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 700})
  void shouldBringBackWhatWasSent(int most) {
    for (int seed = 0; seed < SCHEMAS / (1 + most / 100); seed++) {
      RandomRows random = new RandomRows(seed);
      Schema schema = withId(random.schema());
      int n = 1 + random.below(most);
      List<Row> sent = random.rows(schema, n);
      BlockBuilder block = new BlockPool(schema).take();
      for (int i = 0; i < n; i++) {
        assertTrue(block.add(sent.get(i), 1000 + i % 3));
      }
      List<Integer> kept = IntStream.range(0, schema.getFieldCount()).boxed().toList();
      List<Row> expected = new ArrayList<>();
      List<Long> times = new ArrayList<>();
      Schema scored = scored(schema);
      for (int i = 0; i < n; i += 2) {
        expected.add(Echo.scored(scored, sent.get(i), 0, kept, i / 2));
        times.add(1000L + i % 3);
      }
      List<Row> found = new ArrayList<>();
      List<Long> foundTimes = new ArrayList<>();
      new BlockDecoder(scored)
          .decode(
              Echo.answer(block.build(), 0, kept, i -> i % 2 == 0),
              1000,
              (row, time) -> {
                found.add(row);
                foundTimes.add(time);
              });
      assertEquals(expected, found, "seed " + seed);
      assertEquals(times, foundTimes, "seed " + seed);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 30, 600})
  void shouldMakeTheSameBlockWithoutTheRowsThatCannotBeSent(int most) {
    for (int seed = 0; seed < SCHEMAS / (1 + most / 50); seed++) {
      RandomRows random = new RandomRows(seed);
      Schema schema = withId(random.schema());
      BlockPool pool = new BlockPool(schema);
      BlockBuilder all = pool.take();
      BlockBuilder good = pool.take();
      for (Row row : random.rows(schema, 1 + random.below(most))) {
        if (random.below(3) > 0) {
          assertTrue(all.add(row, 5));
          assertTrue(good.add(row, 5));
        } else {
          assertFalse(all.add(spoiled(row, random), 4));
        }
      }
      assertEquals(good.size(), all.size());
      assertEquals(good.bytes(), all.bytes());
      assertEquals(good.earliest(), all.earliest());
      if (good.size() > 0) {
        assertEquals(good.build(), all.build(), "seed " + seed);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 300})
  void shouldFillABlockAnew(int n) {
    RandomRows random = new RandomRows(n);
    Schema schema = withId(random.schema());
    BlockPool pool = new BlockPool(schema);
    BlockBuilder used = pool.take();
    random.rows(schema, n).forEach(row -> used.add(row, 1));
    pool.giveBack(used);
    assertSame(used, pool.take());
    assertEquals(0, used.size());
    assertEquals(0, used.bytes());
    BlockBuilder unused = pool.take();
    for (Row row : random.rows(schema, 20)) {
      used.add(row, 7);
      unused.add(row, 7);
    }
    assertEquals(unused.build(), used.build());
    assertEquals(7, used.earliest());
  }

  private static Schema withId(Schema schema) {
    return Schema.builder().addStringField("Id").addFields(schema.getFields()).build();
  }

  private static Schema scored(Schema kept) {
    return Schema.builder()
        .addFields(ContractSchema.SCORED.getFields())
        .addFields(kept.getFields())
        .build();
  }

  /** Puts half of a surrogate pair into a text, perhaps behind other fields. */
  private static Row spoiled(Row row, RandomRows random) {
    List<@Nullable Object> values = new ArrayList<>(row.getValues());
    List<Integer> texts =
        IntStream.range(0, values.size())
            .filter(
                i ->
                    row.getSchema().getField(i).getType().getTypeName()
                        == FieldType.STRING.getTypeName())
            .boxed()
            .toList();
    values.set(texts.get(random.below(texts.size())), "a" + (char) (0xD800 + random.below(0x800)));
    return Row.withSchema(row.getSchema()).attachValues(values);
  }
}
