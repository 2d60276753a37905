package org.anomalydetection.duplicates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.anomalydetection.contract.ContractSchema;
import org.anomalydetection.csv.Header;
import org.anomalydetection.source.Columns;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.schemas.Schema.FieldType;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;
import org.joda.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FindDuplicatesTest {
  private static final Schema SCHEMA =
      Schema.builder()
          .addStringField("id")
          .addDoubleField("score")
          .addNullableField("Account", FieldType.STRING)
          .addNullableField("Product", FieldType.STRING)
          .addNullableField("Won", FieldType.BOOLEAN)
          .addNullableField("Amount", FieldType.DOUBLE)
          .build();

  private static final Map<String, Map<String, Row>> FOUND = new ConcurrentHashMap<>();

  @TempDir Path folder;

  @Test
  void shouldNameTheOtherRowWhateverItsAmount() {
    Map<String, Row> rows =
        found(
            row("a", "Acme", "Books", 10.0),
            row("b", "Acme", "Pens", 10.0),
            row("c", "Acme", "Books", 99.0));
    assertCopies(rows.get("a"), List.of("c"), 1, 0);
    assertCopies(rows.get("c"), List.of("a"), 1, 0);
    assertCopies(rows.get("b"), List.of(), 0, 0);
    assertEquals(0.25, rows.get("c").getDouble("score"));
    assertEquals(99.0, rows.get("c").getDouble("Amount"));
  }

  @Test
  void shouldNameExactCopiesFirst() {
    Map<String, Row> rows =
        found(
            row("a", "Acme", "Books", 10.0),
            row("b", "Acme", "Books", -0.0),
            row("c", "Acme", "Books", null),
            row("d", "Acme", "Books", 0.0),
            row("e", "Acme", "Books", null));
    assertCopies(rows.get("a"), List.of("b", "c", "d", "e"), 4, 0);
    assertCopies(rows.get("b"), List.of("d", "a", "c", "e"), 4, 1);
    assertCopies(rows.get("e"), List.of("c", "a", "b", "d"), 4, 1);
  }

  @Test
  void shouldBoundWhatItNamesOfAHotKeyAndCountAll() {
    Row[] many =
        IntStream.range(0, 300)
            .mapToObj(i -> row(String.format("id-%04d", i), "Acme", "Books", i < 100 ? 1.0 : i))
            .toArray(Row[]::new);
    Map<String, Row> rows = found(many);
    assertEquals(300, rows.size());
    assertCopies(rows.get("id-0299"), ids(0, 1, 2, 3, 4), 299, 0);
    assertCopies(rows.get("id-0002"), ids(0, 1, 3, 4, 5), 299, 99);
    assertCopies(rows.get("id-0099"), ids(0, 1, 2, 3, 4), 299, 99);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void shouldFindWhatAComparisonOfAllPairsFinds(int seed) {
    Random random = new Random(seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      String product = random.nextInt(5) == 0 ? null : "p" + random.nextInt(6);
      rows.add(row("id-" + i, "a" + random.nextInt(4), product, random.nextInt(3)));
    }
    Map<String, Row> found = found(FindDuplicates.by(key()), rows.toArray(Row[]::new));
    for (Row row : rows) {
      List<Row> others =
          rows.stream()
              .filter(other -> !other.equals(row) && equal(row, other, "Product"))
              .toList();
      Map<Boolean, List<String>> ids =
          others.stream()
              .collect(
                  Collectors.partitioningBy(
                      other -> equal(row, other, "Amount"),
                      Collectors.mapping(other -> other.getString("id"), Collectors.toList())));
      assertCopies(
          found.get(row.getString("id")),
          Stream.of(true, false)
              .flatMap(exact -> ids.get(exact).stream().sorted())
              .limit(5)
              .toList(),
          others.size(),
          ids.get(true).size());
    }
  }

  private static boolean equal(Row row, Row other, String column) {
    return Objects.equals(row.getString("Account"), other.getString("Account"))
        && Objects.equals((Object) row.getValue(column), (Object) other.getValue(column));
  }

  @Test
  void shouldNotTakeRowsForCopiesOfWhichHardlyAnythingIsKnown() {
    Map<String, Row> rows =
        found(
            row("a", null, null, 1.0),
            row("b", null, null, 1.0),
            row("c", "Acme", null, 1.0),
            row("d", "Acme", null, 1.0));
    assertCopies(rows.get("a"), List.of(), 0, 0);
    assertCopies(rows.get("b"), List.of(), 0, 0);
    assertCopies(rows.get("c"), List.of("d"), 1, 1);
    CopyKey two = CopyKey.of(List.of("Account", "Product"), columns("id,Account,Product,Amount"));
    assertCopies(
        found(FindDuplicates.by(two), row("c", "Acme", null, 1.0), row("d", "Acme", null, 1.0))
            .get("c"),
        List.of(),
        0,
        0);
  }

  @Test
  void shouldNotTakeTheEndOfOneValueForTheBeginningOfTheNext() {
    Map<String, Row> rows =
        found(row("a", "Acme1", "2Books", 1.0), row("b", "Acme", "12Books", 1.0));
    assertCopies(rows.get("a"), List.of(), 0, 0);
  }

  @Test
  void shouldKeepAllRowsOfOneIdThatAreCopies() {
    Pipeline pipeline = Pipeline.create();
    PCollection<Row> rows =
        apply(
            pipeline,
            FindDuplicates.by(key()),
            row("a", "Acme", "Books", 1.0),
            row("a", "Acme", "Books", 2.0));
    PAssert.that(rows)
        .satisfies(
            found -> {
              int number = 0;
              for (Row row : found) {
                assertCopies(row, List.of("a"), 1, 0);
                number++;
              }
              assertEquals(2, number);
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  /** A worker keeps what it knows of copies for a bundle, in which there may be many windows. */
  @Test
  void shouldRefuseWindows() {
    PCollection<Row> windowed =
        Pipeline.create()
            .apply(Create.of(List.of(row("a", "Acme", "Books", 1.0))).withRowSchema(SCHEMA))
            .apply(Window.into(FixedWindows.of(Duration.standardMinutes(1))));
    FindDuplicates transform = FindDuplicates.by(key());
    Exception e = assertThrows(IllegalArgumentException.class, () -> windowed.apply(transform));
    assertEquals(
        "FindDuplicates: expected rows in the global window, found them in FixedWindows",
        e.getMessage());
  }

  @Test
  void shouldDropWhatRowsAreOnlyComparedBy() {
    Row row =
        found(
                FindDuplicates.by(key()).dropping(List.of("Account", "Amount")),
                row("a", "Acme", "Books", 1.0),
                row("b", "Acme", "Books", 2.0))
            .get("a");
    assertEquals(
        List.of("id", "score", "Product", "Won", "duplicate_of", "duplicates", "exact_duplicates"),
        row.getSchema().getFieldNames());
    assertEquals("Books", row.getString("Product"));
    assertCopies(row, List.of("b"), 1, 0);
  }

  @Test
  void shouldNameTheSameRowsInWhateverOrderTheyCome() {
    List<String> ids = new ArrayList<>(ids(IntStream.range(0, 50).toArray()));
    ids.add(ids.get(3));
    Random random = new Random(0);
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(ids, random);
      FewIds few = new FewIds();
      FewIds others = new FewIds();
      ids.forEach(id -> (random.nextBoolean() ? few : others).add(id));
      few.addAll(others);
      assertEquals(51, few.rows());
      assertEquals(ids(0, 1, 3, 3, 4), few.without(ids(2), 5));
      assertEquals(ids(0, 1, 2, 3, 4), few.without(ids(3), 5));
      assertEquals(ids(0, 1, 2, 3, 3), few.without(ids(40), 5));
    }
  }

  @Test
  void shouldCompareByTextsAndBooleansThatAreKnown() {
    Columns columns = columns("id,#,Account,Name,IsWon,Amount,CloseDate");
    CopyKey key = CopyKey.byDefault(columns, ContractSchema.inputKinds().keySet());
    assertEquals(List.of("Account", "Name", "IsWon"), key.columns());
    assertEquals(List.of("Account", "Name", "IsWon", "Amount"), key.all());
    assertFalse(CopyKey.of(List.of("Amount"), columns).all().contains("Account"));
  }

  @Test
  void shouldCompareByDatesWhereRowsHaveNoName() {
    for (String header : List.of("id,Account,Amount,CloseDate", "Name,Account,Amount,CloseDate")) {
      CopyKey key = CopyKey.byDefault(columns(header), ContractSchema.inputKinds().keySet());
      assertEquals(List.of("Account", "CloseDate"), key.columns());
    }
  }

  private CopyKey key() {
    return CopyKey.of(
        List.of("Account", "Product", "Won"), columns("id,Account,Product,Won,Amount"));
  }

  private Map<String, Row> found(Row... rows) {
    return found(FindDuplicates.by(key()), rows);
  }

  /** Runs the transform and returns its rows by id. */
  private static Map<String, Row> found(FindDuplicates transform, Row... rows) {
    Pipeline pipeline = Pipeline.create();
    PCollection<Row> found = apply(pipeline, transform, rows);
    String name = "found-" + UUID.randomUUID();
    FOUND.put(name, new ConcurrentHashMap<>());
    PAssert.that(found).satisfies(new Collect(name));
    pipeline.run().waitUntilFinish();
    return FOUND.remove(name);
  }

  private static PCollection<Row> apply(Pipeline pipeline, FindDuplicates transform, Row... rows) {
    return pipeline.apply(Create.of(List.of(rows)).withRowSchema(SCHEMA)).apply(transform);
  }

  /** Hands rows over to the test, which runs in the same process. */
  private record Collect(String name) implements SerializableFunction<Iterable<Row>, Void> {
    @Override
    public Void apply(Iterable<Row> rows) {
      rows.forEach(row -> FOUND.get(name).put(row.getString("id"), row));
      return null;
    }
  }

  private Columns columns(String header) {
    try {
      Path file = Files.writeString(Files.createTempFile(folder, "in", ".csv"), header + "\n");
      return Header.read(file.toString(), header.split(",", 2)[0], ContractSchema.inputKinds());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Row row(
      String id, @Nullable String account, @Nullable String product, @Nullable Number amount) {
    return Row.withSchema(SCHEMA)
        .addValues(id, 0.25, account, product, true, amount == null ? null : amount.doubleValue())
        .build();
  }

  private static List<String> ids(int... numbers) {
    return IntStream.of(numbers).mapToObj(i -> String.format("id-%04d", i)).toList();
  }

  private static void assertCopies(Row row, List<String> ids, long count, long exact) {
    assertEquals(ids, List.copyOf(row.<String>getArray("duplicate_of")), row.toString());
    assertEquals(count, row.getInt64("duplicates"), row.toString());
    assertEquals(exact, row.getInt64("exact_duplicates"), row.toString());
  }
}
