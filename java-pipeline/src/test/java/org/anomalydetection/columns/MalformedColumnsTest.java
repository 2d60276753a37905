package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;

/** Columns that are damaged: one clear error, or values of the type, and never anything else. */
class MalformedColumnsTest {
  private static final int COLUMNS = 300;

  @Test
  void shouldRefuseEveryColumnThatIsCutOff() {
    for (int seed = 0; seed < COLUMNS; seed++) {
      RandomRows random = new RandomRows(seed);
      FieldType type = random.packedType();
      int n = random.below(20);
      byte[] bytes = packed(type, random.values(type, n));
      for (int length = 0; length < bytes.length; length++) {
        byte[] cut = Arrays.copyOf(bytes, length);
        assertThrows(
            MalformedBlockException.class, () -> read(type, cut, n), type + ", seed " + seed);
      }
    }
  }

  @Test
  void shouldRefuseOrReadEveryColumnThatIsChanged() {
    int refused = 0;
    int read = 0;
    for (int seed = 0; seed < COLUMNS; seed++) {
      RandomRows random = new RandomRows(seed);
      FieldType type = random.packedType();
      int n = 1 + random.below(20);
      byte[] bytes = packed(type, random.values(type, n));
      for (int i = 0; i < 100; i++) {
        byte[] changed = bytes.clone();
        for (int j = random.below(3); j >= 0; j--) {
          // Mostly where the sizes are.
          int at = random.below(random.below(2) == 0 ? Math.min(40, bytes.length) : bytes.length);
          changed[at] = random.bytes(1)[0];
        }
        if (isRead(type, changed, n)) {
          read++;
        } else {
          refused++;
        }
      }
    }
    assertEquals(100 * COLUMNS, refused + read);
    assertTrue(refused > 1000 && read > 1000, refused + " refused, " + read + " read");
  }

  @Test
  void shouldRefuseOrReadAnyBytes() {
    int refused = 0;
    for (int seed = 0; seed < 10 * COLUMNS; seed++) {
      RandomRows random = new RandomRows(seed);
      FieldType type = random.packedType();
      byte[] bytes = random.bytes(random.below(100));
      if (bytes.length > 3 && random.below(2) == 0) {
        // A header that is one.
        bytes[0] = (byte) random.below(2);
        bytes[1] = (byte) random.below(2);
        bytes[2] = 0;
        bytes[3] = 0;
      }
      refused += isRead(type, bytes, random.below(200)) ? 0 : 1;
    }
    assertTrue(refused > COLUMNS, refused + " refused");
  }

  @Test
  void shouldTakeNoMemoryForWhatIsNotThere() {
    FieldType rows =
        FieldType.array(FieldType.row(Schema.of(Schema.Field.of("a", FieldType.BOOLEAN))));
    for (FieldType type : new FieldType[] {rows, FieldType.STRING, FieldType.DOUBLE}) {
      byte[] bytes = new byte[8];
      bytes[7] = 0x7F;
      assertThrows(MalformedBlockException.class, () -> read(type, bytes, Integer.MAX_VALUE));
    }
  }

  @Test
  void shouldRefuseADictionaryThatStandsForMoreThanAPlainColumnCanHold() {
    String text = "x".repeat(1 << 16);
    int most = Integer.MAX_VALUE / text.length();
    Object[] values = new Object[most + 1];
    Arrays.fill(values, text);
    byte[] bytes = packed(FieldType.STRING, Arrays.copyOf(values, most));
    assertEquals(most, read(FieldType.STRING, bytes, most).length);
    byte[] more = packed(FieldType.STRING, values);
    assertThrows(MalformedBlockException.class, () -> read(FieldType.STRING, more, values.length));
  }

  private static boolean isRead(FieldType type, byte[] bytes, int n) {
    @Nullable Object[] values;
    try {
      values = read(type, bytes, n);
    } catch (MalformedBlockException e) {
      assertTrue(e.getMessage().startsWith("column x"), e.getMessage());
      return false;
    }
    assertEquals(n, values.length);
    Schema schema = Schema.of(Schema.Field.of("value", type));
    for (Object value : values) {
      // Looks at the type of all that is in it.
      Row.withSchema(schema).addValue(value).build();
    }
    return true;
  }

  private static @Nullable Object[] read(FieldType type, byte[] bytes, int n) {
    return ColumnCodec.of(type).decode(new ColumnReader("x", bytes), n);
  }

  private static byte[] packed(FieldType type, @Nullable Object[] values) {
    ColumnBuilder column = ColumnCodec.of(type).builder();
    for (Object value : values) {
      column.add(value);
    }
    return Echo.bytes(column);
  }
}
