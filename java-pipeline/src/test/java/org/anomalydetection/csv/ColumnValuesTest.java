package org.anomalydetection.csv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.anomalydetection.contract.CellKind;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ColumnValuesTest {
  @Test
  void shouldMakeOneObjectOfEqualCells() {
    ColumnValues values = new ColumnValues(CellKind.STRING);
    Object first = read(values, "Closed Won");
    assertSame(first, read(values, "Closed Won"));
    assertEquals("Closed Lost", read(values, "Closed Lost"));
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 1_000, 20_000, 2_000_000})
  void shouldReadAnyNumberOfDifferentValues(int different) {
    ColumnValues values = new ColumnValues(CellKind.DOUBLE);
    Random random = new Random(different);
    for (int i = 0; i < 50_000; i++) {
      int number = random.nextInt(different);
      assertEquals((double) number, read(values, Integer.toString(number)));
    }
  }

  @Test
  void shouldNotRememberAColumnOfEverNewValues() {
    ColumnValues values = new ColumnValues(CellKind.STRING);
    for (int i = 0; i < 10_000; i++) {
      assertEquals("id-" + i, read(values, "id-" + i));
    }
    assertNotSame(read(values, "id"), read(values, "id"));
  }

  @Test
  void shouldSayAgainAndAgainThatACellIsNotOfTheKind() {
    ColumnValues values = new ColumnValues(CellKind.DOUBLE);
    assertNull(read(values, "ten"));
    assertNull(read(values, "ten"));
    assertNull(values.read(new byte[] {(byte) 0xc3}, 0, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ufffd", "caf\u00e9", "\ud83d\ude80", "\u0000"})
  void shouldReadTextAsItStands(String text) {
    assertEquals(text, read(new ColumnValues(CellKind.STRING), text));
  }

  private static @Nullable Object read(ColumnValues values, String text) {
    byte[] bytes = (",," + text + ",").getBytes(StandardCharsets.UTF_8);
    return values.read(bytes, 2, bytes.length - 1);
  }
}
