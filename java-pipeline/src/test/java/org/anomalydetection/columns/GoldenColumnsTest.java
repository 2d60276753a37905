package org.anomalydetection.columns;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenColumnsTest {
  static Stream<GoldenColumn> packed() {
    return GoldenColumn.all().filter(golden -> !golden.isRefused() && golden.isPacked());
  }

  static Stream<GoldenColumn> good() {
    return GoldenColumn.all().filter(golden -> !golden.isRefused());
  }

  static Stream<GoldenColumn> refused() {
    return GoldenColumn.all().filter(GoldenColumn::isRefused);
  }

  @ParameterizedTest
  @MethodSource("packed")
  void shouldPackAsTheContractSays(GoldenColumn golden) {
    ColumnBuilder column = golden.codec().builder();
    for (Object value : golden.values()) {
      column.add(value);
    }
    ColumnWriter out = new ColumnWriter();
    column.write(out);
    assertEquals(hex(golden.bytes()), hex(out.toByteArray()));
  }

  @ParameterizedTest
  @MethodSource("good")
  void shouldUnpackWhatTheContractSays(GoldenColumn golden) {
    @Nullable Object[] found =
        golden.codec().decode(new ColumnReader("x", golden.bytes()), golden.rows());
    assertEquals(rows(golden.schema(), golden.values()), rows(golden.schema(), found));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void shouldRefuseWhatTheContractSays(GoldenColumn golden) {
    MalformedBlockException e =
        assertThrows(
            MalformedBlockException.class,
            () -> golden.codec().decode(new ColumnReader("x", golden.bytes()), golden.rows()));
    assertThat(e.getMessage(), containsString("column x"));
    assertThat(e.getMessage(), containsString(golden.refused()));
  }

  @Test
  void shouldHaveCasesOfAllKinds() {
    assertTrue(packed().count() > 50);
    assertTrue(good().count() > packed().count());
    assertTrue(refused().count() > 100);
  }

  private static List<Row> rows(Schema schema, @Nullable Object[] values) {
    return Arrays.stream(values)
        .map(value -> Row.withSchema(schema).attachValues(Arrays.asList(value)))
        .toList();
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
