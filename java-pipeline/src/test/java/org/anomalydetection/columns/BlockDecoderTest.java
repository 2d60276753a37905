package org.anomalydetection.columns;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.anomalydetection.contract.Contract;
import org.anomalydetection.contract.ContractSchema;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks that come back and are not of the form. */
class BlockDecoderTest {
  private static final Schema SENT =
      Schema.builder()
          .addNullableField("Id", FieldType.STRING)
          .addNullableField("Won", FieldType.BOOLEAN)
          .build();
  private static final Schema SCORED =
      Schema.builder()
          .addFields(ContractSchema.SCORED.getFields())
          .addFields(SENT.getField("Won"))
          .build();
  private static final int ROWS = 9;
  private static final long EARLIEST = 100;

  @Test
  void shouldReadABlock() {
    assertEquals(ROWS, decoded(block()).size());
    assertEquals(List.of(), decoded(Echo.answer(sent("1"), 0, List.of(1), i -> false)));
  }

  @Test
  void shouldRefuseAnotherVersion() {
    assertRefused("version: expected 1, found 2", with(block(), "version", 2L));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, 65537, 1L << 32 | ROWS, Long.MAX_VALUE})
  void shouldRefuseANumberOfRowsThatIsNone(long rows) {
    assertRefused(
        "rows: expected 1 to " + Contract.MOST_BLOCK_ROWS + ", found " + rows,
        with(block(), "rows", rows));
  }

  @ParameterizedTest
  @ValueSource(longs = {ROWS - 1, ROWS + 1, 65536})
  void shouldRefuseAnotherNumberOfRowsThanThereAre(long rows) {
    assertRefused("column timestamps: too", with(block(), "rows", rows));
  }

  @Test
  void shouldRefuseATimestampBeforeItsOwn() {
    byte[] timestamps = block().getBytes("timestamps").clone();
    timestamps[0]--;
    assertRefused(
        "column timestamps: value 0: expected 100", with(block(), "timestamps", timestamps));
  }

  @Test
  void shouldRefuseATimestampThatBeamHasNot() {
    byte[] timestamps = block().getBytes("timestamps").clone();
    timestamps[15] = 0x7F;
    assertRefused(
        "column timestamps: value 1: expected 100", with(block(), "timestamps", timestamps));
  }

  @Test
  void shouldRefuseBitsThatTellOfOtherRows() {
    assertRefused("column scored: too long", with(block(), "scored", new byte[3]));
    assertRefused("column scored: too short", with(block(), "scored", new byte[1]));
    assertRefused("bits after the last", with(block(), "scored", new byte[] {-1, 3}));
    assertRefused("column score: too", with(block(), "scored", new byte[] {-1, 0}));
  }

  @Test
  void shouldRefuseAScoredRowWithoutAnId() {
    assertRefused(
        "column id: value 4: expected an id", Echo.answer(sent(null), 0, List.of(1), i -> true));
    assertEquals(ROWS - 1, decoded(Echo.answer(sent(null), 0, List.of(1), i -> i != 4)).size());
  }

  @Test
  void shouldNameTheColumnThatIsWrong() {
    for (String column : Blocks.columns(1)) {
      byte[] bytes = block().getBytes(column);
      assertRefused(
          "column " + column + ": too long",
          with(block(), column, Arrays.copyOf(bytes, bytes.length + 8)));
      assertRefused("column " + column, with(block(), column, new byte[0]));
    }
  }

  @Test
  void shouldRefuseRowsThatAreNoBlocks() {
    Row row = Row.withSchema(SENT).addValues("1", true).build();
    assertRefused("version: expected an INT64, found none", row);
    Schema other = Schema.builder().addInt64Field("version").addInt64Field("rows").build();
    assertRefused(
        "column timestamps: expected BYTES, found none",
        Row.withSchema(other).addValues(1L, 1L).build());
  }

  @Test
  void shouldRefuseOrReadABlockThatIsChanged() {
    int refused = 0;
    RandomRows random = new RandomRows(3);
    Row block = block();
    for (int i = 0; i < 20_000; i++) {
      int field = 2 + random.below(block.getFieldCount() - 2);
      byte[] bytes = block.<byte[]>getValue(field).clone();
      bytes[random.below(bytes.length)] ^= (byte) (1 << random.below(8));
      List<Object> values = new ArrayList<>(block.getValues());
      values.set(field, bytes);
      try {
        Row changed = Row.withSchema(block.getSchema()).attachValues(values);
        assertTrue(decoded(changed).size() <= ROWS);
      } catch (MalformedBlockException e) {
        refused++;
      }
    }
    assertTrue(refused > 5000 && refused < 19_000, refused + " refused");
  }

  private static void assertRefused(String message, Row block) {
    MalformedBlockException e = assertThrows(MalformedBlockException.class, () -> decoded(block));
    assertThat(e.getMessage(), containsString(message));
  }

  private static List<Row> decoded(Row block) {
    List<Row> rows = new ArrayList<>();
    new BlockDecoder(SCORED).decode(block, EARLIEST, (row, timestamp) -> rows.add(row));
    return rows;
  }

  private static Row block() {
    return Echo.answer(sent("5"), 0, List.of(1), i -> true);
  }

  /** Returns a block whose fifth row has an id. */
  private static Row sent(@Nullable String id) {
    BlockBuilder block = new BlockPool(SENT).take();
    for (int i = 0; i < ROWS; i++) {
      block.add(
          Row.withSchema(SENT)
              .addValues(i == 4 ? id : "id", i % 3 == 0 ? null : i % 2 == 0)
              .build(),
          EARLIEST + 10L * (i % 4));
    }
    return block.build();
  }

  private static Row with(Row block, String field, Object value) {
    return Row.fromRow(block).withFieldValue(field, value).build();
  }
}
