package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowBufferTest {
  private static final Schema SCHEMA = Schema.builder().addStringField("Id").build();
  private static final int BLOCK_ROWS = 50;
  private static final long MOST_ROWS = (long) RowBuffer.MOST_BLOCKS * BLOCK_ROWS;
  private static final long MOST_BYTES = RowBuffer.MOST_BLOCKS * RowBuffer.BLOCK_BYTES;

  private final List<String> added = new ArrayList<>();
  private final Sent sent = new Sent();
  private final RowBuffer buffer = new RowBuffer(BLOCK_ROWS, new BlockPool(SCHEMA), sent);

  @Test
  void shouldMakeABlockOfSoManyRows() {
    for (int i = 0; i < 2 * BLOCK_ROWS + 7; i++) {
      add("r" + i, 1000 - i, GlobalWindow.INSTANCE);
    }
    assertEquals(List.of(50, 50), sent.sizes);
    assertEquals(7, buffer.rows());
    flush();
    assertEquals(List.of(50, 50, 7), sent.sizes);
    flush();
    assertEquals(3, sent.sizes.size());
    assertEquals(added, sent.rows);
  }

  @Test
  void shouldMakeABlockOfSoMuchText() {
    for (int i = 0; i < 5; i++) {
      add(i + "x".repeat(1 << 20), i, GlobalWindow.INSTANCE);
    }
    assertEquals(List.of(4), sent.sizes);
    flush();
    assertEquals(List.of(4, 1), sent.sizes);
    assertEquals(added, sent.rows);
  }

  @Test
  void shouldCountTheBytesOfTextsThatArePacked() {
    for (int i = 0; i < 40; i++) {
      add(i + "é".repeat(1 << 17), i, GlobalWindow.INSTANCE);
    }
    assertEquals(List.of(17, 17), sent.sizes);
  }

  @Test
  void shouldCountATextWheneverItComes() {
    String text = "x".repeat(1 << 18);
    for (int i = 0; i < 40; i++) {
      add(i < 16 ? "r" + i : text, i, GlobalWindow.INSTANCE);
    }
    assertEquals(List.of(32), sent.sizes);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 17, 40})
  void shouldHoldFewBlocksHoweverManyWindowsThereAre(int rowsOfAWindow) {
    long held = 0;
    for (int i = 0; i < 1500 * rowsOfAWindow; i++) {
      // Twenty windows have rows by turns, then the next twenty.
      int window = i / (20 * rowsOfAWindow) * 20 + i % 20;
      add("r" + i, 5000 - i, window(window));
      held = Math.max(held, buffer.rows());
    }
    assertTrue(held > MOST_ROWS / 2 && held <= MOST_ROWS, held + " rows at most");
    flush();
    assertEquals(added.stream().sorted().toList(), sent.rows.stream().sorted().toList());
  }

  @Test
  void shouldHoldLittleTextHoweverManyWindowsThereAre() {
    long held = 0;
    for (int i = 0; i < 100; i++) {
      add(i + "x".repeat(1 << 20), i, window(i));
      held = Math.max(held, buffer.bytes());
    }
    assertTrue(held > MOST_BYTES / 2 && held <= MOST_BYTES, held + " bytes at most");
    flush();
    assertEquals(100, sent.sizes.size());
  }

  @Test
  void shouldSendTheLargestFirst() {
    for (int i = 0; i < 30; i++) {
      add("large", i, window(7));
    }
    for (int i = 30; i < MOST_ROWS; i++) {
      add("small", i, window(i));
    }
    assertEquals(List.of(), sent.sizes);
    add("one more", 1, window(1));
    assertEquals(List.of(30, 1), sent.sizes.subList(0, 2));
    assertEquals(MOST_ROWS / 2, buffer.rows());
  }

  @Test
  void shouldHandOverWhatCannotBeSentAndSendTheOthers() {
    for (int i = 0; i < 40; i++) {
      add(i % 2 == 0 ? "r" + i : "\uDC00", i, GlobalWindow.INSTANCE);
    }
    assertTrue(buffer.rows() < 40);
    flush();
    assertEquals(20, sent.unsendable.size());
    assertEquals("\uDC00 at 1 in " + GlobalWindow.INSTANCE, sent.unsendable.get(0));
    assertEquals(List.of(20), sent.sizes);
    add("\uD800", 3, window(1));
    flush();
    assertEquals("\uD800 at 3 in " + window(1), sent.unsendable.get(20));
    assertEquals(List.of(20), sent.sizes);
  }

  private void add(String id, long timestamp, BoundedWindow window) {
    added.add(id + " at " + timestamp + " in " + window);
    buffer.add(Row.withSchema(SCHEMA).addValue(id).build(), timestamp, window);
  }

  private void flush() {
    buffer.flush();
    assertEquals(0, buffer.rows());
    assertEquals(0, buffer.bytes());
  }

  private static BoundedWindow window(int i) {
    return new IntervalWindow(Instant.ofEpochMilli(i), Instant.ofEpochMilli(i + 1));
  }

  /** What the buffer hands over. */
  private static final class Sent implements BlockOutput {
    private final BlockDecoder decoder = new BlockDecoder(ContractSchema.SCORED);
    private final List<Integer> sizes = new ArrayList<>();
    private final List<String> rows = new ArrayList<>();
    private final List<String> unsendable = new ArrayList<>();

    @Override
    public void block(Row block, long earliest, BoundedWindow window) {
      List<Long> timestamps = new ArrayList<>();
      decoder.decode(
          Echo.answer(block, 0, List.of(), i -> true),
          earliest,
          (row, timestamp) -> {
            timestamps.add(timestamp);
            rows.add(row.getString("id") + " at " + timestamp + " in " + window);
          });
      sizes.add(timestamps.size());
      assertEquals(timestamps.stream().min(Long::compare).orElseThrow(), earliest);
    }

    @Override
    public void unsendable(Row row, long timestamp, BoundedWindow window) {
      unsendable.add(row.getString("Id") + " at " + timestamp + " in " + window);
    }
  }
}
