package org.anomalydetection.columns;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextBuilderTest {
  private static final FieldType TYPE = FieldType.STRING.withNullable(true);

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "2, 1, 1",
    "9, 5, 0",
    "10, 5, 1",
    "4096, 2048, 0",
    "4096, 100, 1",
    "4096, 4096, 0",
  })
  void shouldUseADictionaryIfHalfOfTheValuesOrMoreAreRepeated(int n, int different, int layout) {
    Object[] values = values(n, i -> "value " + (i % different));
    byte[] bytes = packed(values);
    assertEquals(layout, bytes[0]);
    assertArrayEquals(values, unpacked(bytes, n));
  }

  @Test
  void shouldGiveTheDictionaryUpWhenTheFirstValuesAreDifferent() {
    byte[] bytes = packed(values(2000, i -> i < 300 ? "value " + i : "the same"));
    assertEquals(ColumnCodec.PLAIN, bytes[0]);
  }

  @Test
  void shouldLeaveNullsOutOfTheDictionary() {
    Object[] values = values(1000, i -> i % 10 == 0 ? "value " + i % 100 : null);
    byte[] bytes = packed(values);
    assertEquals(ColumnCodec.DICTIONARY, bytes[0]);
    assertEquals(10, bytes[4]);
    assertArrayEquals(values, unpacked(bytes, 1000));
    assertEquals(ColumnCodec.PLAIN, packed(values(1000, i -> null))[0]);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 3000})
  void shouldTakeValuesOfOneHash(int n) {
    // Aa and BB have one hash, and so have all texts that are made of eleven of either.
    Object[] values =
        values(
            n,
            i ->
                IntStream.range(0, 11)
                    .mapToObj(bit -> (((i / 2) >> bit) & 1) == 0 ? "Aa" : "BB")
                    .reduce("", String::concat));
    assertEquals(1, Arrays.stream(values).map(Object::hashCode).distinct().count());
    assertArrayEquals(values, unpacked(packed(values), n));
  }

  @Test
  void shouldAddNothingOfATextThatCannotBeWritten() {
    TextBuilder column = new TextBuilder(TYPE, null);
    for (int i = 0; i < 1000; i++) {
      column.add("value " + i % 40);
      assertThrows(UnsendableTextException.class, () -> column.add("some text and \uD83D"));
    }
    assertEquals(1000, column.size());
    assertArrayEquals(values(1000, i -> "value " + i % 40), unpacked(Echo.bytes(column), 1000));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 40, 5000})
  void shouldTakeTheLastValueOut(int different) {
    TextBuilder column = new TextBuilder(TYPE, null);
    TextBuilder without = new TextBuilder(TYPE, null);
    for (int i = 0; i < 3000; i++) {
      column.add("taken out " + i % different);
      column.removeLast();
      column.add(null);
      column.removeLast();
      String value = i % 7 == 0 ? null : "value " + i % different;
      column.add(value);
      without.add(value);
    }
    assertArrayEquals(Echo.bytes(without), Echo.bytes(column));
  }

  @Test
  void shouldRequireAValueWhereTheSchemaHasNoNull() {
    TextBuilder column = new TextBuilder(FieldType.STRING, null);
    assertThrows(IllegalArgumentException.class, () -> column.add(null));
    assertEquals(0, column.size());
  }

  private static Object[] values(int n, IntFunction<@Nullable String> value) {
    return IntStream.range(0, n).mapToObj(value).toArray();
  }

  private static byte[] packed(Object[] values) {
    TextBuilder column = new TextBuilder(TYPE, null);
    for (Object value : values) {
      column.add(value);
    }
    return Echo.bytes(column);
  }

  private static @Nullable Object[] unpacked(byte[] bytes, int n) {
    return new TextColumn(TYPE).decode(new ColumnReader("x", bytes), n);
  }
}
