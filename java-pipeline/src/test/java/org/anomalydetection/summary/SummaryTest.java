package org.anomalydetection.summary;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.allOf;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.anomalydetection.ScoredRows;
import org.anomalydetection.review.Reviewed;
import org.anomalydetection.source.ErrorRow;
import org.anomalydetection.source.TallCells;
import org.apache.beam.sdk.schemas.Schema;
import org.apache.beam.sdk.values.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SummaryTest {
  private static final Instant STARTED = Instant.parse("2024-01-31T12:00:00Z");

  @TempDir Path folder;

  @Test
  void shouldFindTheOddestRowsWhateverTheBundles() throws IOException {
    long before = System.currentTimeMillis();
    List<Row> rows =
        new ArrayList<>(
            IntStream.range(0, 100)
                .mapToObj(i -> scored(String.format("id-%02d", i), (i * 37 % 100) / 100.0))
                .toList());
    Tally tally = Tally.of(Optional.empty(), false);
    Tally.Bundle first = tally.bundle();
    Tally.Bundle second = tally.bundle();
    for (int i = 0; i < rows.size(); i++) {
      (i % 3 == 0 ? first : second).add(rows.get(i));
    }
    Counts counts = read(first.counts(), second.counts());
    assertEquals(0, counts.times().firstRead());
    assertTrue(counts.times().firstScored() >= before);
    assertTrue(counts.times().lastScored() >= counts.times().firstScored());
    assertTrue(counts.times().lastScored() <= System.currentTimeMillis());
    assertEquals(50, counts.odd());
    assertEquals(
        List.of(0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91, 0.9),
        counts.oddest().stream().map(OddRow::score).toList());
  }

  @Test
  void shouldOrderEqualScoresById() throws IOException {
    Tally tally = Tally.of(Optional.empty(), false);
    Tally.Bundle all = tally.bundle();
    for (int i = 29; i >= 0; i--) {
      all.add(scored(String.format("id-%02d", i), 0.5));
    }
    Counts counts = read(all.counts());
    assertEquals("id-00", counts.oddest().get(0).id());
    assertEquals("id-09", counts.oddest().get(9).id());
  }

  @Test
  void shouldAddUpTheParts() throws IOException {
    Counts counts =
        read(
            new Counts(7, 0, 0, 0, List.of()),
            new Counts(0, 4, 1, 0, List.of()).withFiles(files("scored-1", "errors-1")),
            new Counts(0, 1, 0, 2, List.of()).withFiles(files("scored-2", "errors-2")));
    assertEquals(7, counts.read());
    assertEquals(5, counts.scored());
    assertEquals(2, counts.errors());
    assertEquals(0.2, counts.oddShare());
    assertEquals(List.of("scored-1", "scored-2"), counts.files().scored());
    assertEquals(List.of("errors-1", "errors-2"), counts.files().errors());
    assertTrue(counts.addsUp());
    assertFalse(new Counts(7, 5, 1, 1, List.of()).addsUp());
  }

  @Test
  void shouldTellWhenTheFirstRowWasScoredOfAllBundles() throws IOException {
    long zero = STARTED.toEpochMilli();
    Counts none = new Counts(0, 1, 0, 0, List.of());
    Counts counts =
        read(
            none.withTimes(new Times(zero + 4_000, 0, 0)),
            none.withTimes(new Times(0, zero + 7_500, zero + 9_000)),
            none.withTimes(new Times(0, zero + 5_250, zero + 8_000)));
    assertEquals(new Times(zero + 4_000, zero + 5_250, zero + 9_000), counts.times());
    assertThat(
        SummaryText.of(counts, 1, STARTED, STARTED, List.of(), "a", "b"),
        containsString(
            "\nFirst row read after 4.0 s, first row scored after 5.3 s, last row scored after 9.0"
                + " s.\n"));
  }

  @Test
  void shouldPrintATableThatPeopleCanRead() {
    OddRow row =
        new OddRow(
            "006",
            0.91234,
            0.00123,
            true,
            List.of(
                new OddRow.Reason("Amount", "9000000", "12000 to 40000"),
                new OddRow.Reason("BillingState", null, "Bavaria"),
                new OddRow.Reason("Stage", "Won", null)));
    String text =
        SummaryText.of(
            new Counts(1234, 1230, 1, 4, List.of(row)),
            3,
            STARTED,
            STARTED.plusMillis(12345),
            List.of(),
            "out/scored-*.jsonl",
            "out/errors-*.jsonl");
    assertThat(
        text,
        containsString(
            "1,234 rows of 3 files read: 1,230 scored, 1 of them odd; 4 in error. 12.3 s."));
    assertThat(text, containsString("| 006 | 0.9123 |  0.0012 | yes | Amount is 9000000,"));
    assertThat(text, containsString("BillingState is missing, expected Bavaria"));
    assertThat(text, containsString("out/errors-*.jsonl"));
  }

  @Test
  void shouldSayHowNormalRowsAreGivenReasons() {
    OddRow normal = new OddRow("a", 0.1, 0.9, false, List.of());
    OddRow odd = new OddRow("b", 0.9, 0.001, true, List.of());
    assertThat(text(odd, normal), containsString("--explainAll"));
    assertThat(text(odd), not(containsString("--explainAll")));
  }

  private static String text(OddRow... rows) {
    return SummaryText.of(
        new Counts(rows.length, rows.length, 1, 0, List.of(rows)),
        1,
        STARTED,
        STARTED,
        List.of(),
        "a",
        "b");
  }

  @Test
  void shouldPrintNoTableWithoutRows() {
    String text =
        SummaryText.of(new Counts(0, 0, 0, 0, List.of()), 1, STARTED, STARTED, List.of(), "a", "b");
    assertThat(text, not(containsString("oddest")));
    assertThat(text, not(containsString("after")));
  }

  @Test
  void shouldKeepALineBreakOutOfTheTable() {
    OddRow row = new OddRow("a\nb", 1, 0, true, List.of());
    String text =
        SummaryText.of(
            new Counts(1, 1, 1, 0, List.of(row)), 1, STARTED, STARTED, List.of(), "a", "b");
    assertThat(text, containsString("| a b |"));
  }

  /** A cell of 2 MB printed 22,754 lines. */
  @Test
  void shouldCutLongValuesOfReasons() throws IOException {
    Tally.Bundle bundle = Tally.of(Optional.empty(), false).bundle();
    bundle.add(ScoredRows.of("a", 0.9, "Name", "long\nlines ".repeat(200_000)));
    OddRow.Reason reason = read(bundle.counts()).oddest().get(0).reasons().get(0);
    assertEquals("long lines ".repeat(6).substring(0, 59) + "…", reason.value());
    bundle.add(ScoredRows.of("b", 0.99, "Name", "x".repeat(58) + "😀😀"));
    reason = read(bundle.counts()).oddest().get(0).reasons().get(0);
    assertEquals("x".repeat(58) + "…", reason.value(), "no half of a character");
  }

  @Test
  void shouldShowTheFirstErrorsWhateverTheBundles() throws IOException {
    List<BadRow> bad =
        Stream.of(7L, 12L, 3L, 5L).map(row -> new BadRow("in.csv", row, "error " + row)).toList();
    Counts counts =
        read(
            new Counts(5, 1, 0, 4, List.of()),
            Counts.NONE.withFirstBad(bad.subList(0, 2)),
            Counts.NONE.withFirstBad(bad.subList(2, 4)));
    assertThat(
        SummaryText.of(counts, 1, STARTED, STARTED, List.of(), "a", "b"),
        containsString(
            "\nThe first errors:\n  in.csv, row 3: error 3\n  in.csv, row 5: error 5\n"
                + "  in.csv, row 7: error 7\n\nScored rows: a\n"));
    assertFalse(counts.nothingScored());
  }

  @Test
  void shouldWarnOfCellsThatMayHoldRecordsOnceForEachFile() throws IOException {
    Counts counts =
        read(
            Counts.NONE.withTall(List.of(new TallCells("b.csv", 70, "column X", 1234, 2))),
            Counts.NONE.withTall(List.of(new TallCells("a.csv", 1, "cell 9", 21, 1))),
            Counts.NONE.withTall(List.of(new TallCells("b.csv", 10, "column Name", 100, 3))),
            Counts.NONE.withTall(List.of(new TallCells("c.csv", 1, "column X", 21, 1))),
            Counts.NONE.withTall(List.of(new TallCells("d.csv", 1, "column X", 21, 1))));
    assertEquals(
        List.of(
            "a.csv, record 1: cell 9 holds 21 line breaks; is a quote not closed?",
            "b.csv, record 10: column Name holds 100 line breaks; is a quote not closed? Other"
                + " cells of the file with more than 20: 4",
            "c.csv, record 1: column X holds 21 line breaks; is a quote not closed?",
            "1 more files have cells of more than 20 line breaks"),
        TallCellsText.of(counts.tall()));
  }

  @Test
  void shouldSayWhyNothingIsScored() throws IOException {
    Row error =
        ErrorRow.of("in.csv", 1L, "a", "Close Date", "a date", "26\n" + "x".repeat(999), List.of());
    Counts counts =
        read(
            new Counts(671, 0, 0, 671, List.of()),
            Counts.NONE.withFirstBad(List.of(BadRow.of(error))));
    assertTrue(counts.nothingScored());
    String text = SummaryText.nothingScored(counts, "out/errors-*.jsonl");
    assertThat(
        text,
        startsWith(
            "none of the 671 rows could be scored; the first: in.csv, row 1: Close Date: expected"
                + " a date, found 26 xxx"));
    assertThat(text, endsWith("xxx…; all errors are in out/errors-*.jsonl"));
    assertTrue(text.length() < 350, text);
    assertFalse(new Counts(0, 0, 0, 0, List.of()).nothingScored(), "there was nothing to score");
  }

  @Test
  void shouldLeaveReviewedRowsOutOfWhatIsOdd() throws IOException {
    Path file = Files.writeString(folder.resolve("r.csv"), "id,column\nid-99,\n,Stage\nzz,\n");
    Reviewed reviewed = Reviewed.ofFile(file.toString());
    Tally tally = Tally.of(Optional.of(reviewed), false);
    Tally.Bundle first = tally.bundle();
    Tally.Bundle second = tally.bundle();
    first.add(scored("id-99", 0.99));
    first.add(scored("id-98", 0.98));
    second.add(ScoredRows.of("id-97", 0.97, "Stage"));
    second.add(ScoredRows.of("id-01", 0.01, "Stage"));
    Counts counts = read(first.counts(), second.counts());
    assertEquals(1, counts.odd());
    assertEquals(new Counts.Review(2, Set.of(2L, 3L)), counts.review());
    assertEquals(List.of("id-98", "id-01"), counts.oddest().stream().map(OddRow::id).toList());
    assertEquals(List.of(file + ", line 4 (id zz)"), reviewed.unmatched(counts.review().matched()));
    assertThat(
        SummaryText.of(counts, 1, STARTED, STARTED, List.of("one\nline"), "a", "b"),
        allOf(
            containsString("1 of them odd (and 2 that were reviewed and are ignored);"),
            containsString("\nwarning: one line\n")));
  }

  @Test
  void shouldCountCopiesAndShowTheFirstPairsOnce() throws IOException {
    Tally tally = Tally.of(Optional.empty(), true);
    Tally.Bundle first = tally.bundle();
    Tally.Bundle second = tally.bundle();
    for (int i = 0; i < 20; i += 2) {
      boolean exact = i == 4;
      (i % 4 == 0 ? first : second).add(copy("id-%02d", i, i + 1, exact));
      (i % 4 == 0 ? second : first).add(copy("id-%02d", i + 1, i, exact));
    }
    first.add(copy("id-%02d", 99, -1, false));
    Counts counts = read(first.counts(), second.counts());
    assertEquals(20, counts.copies().rows());
    assertEquals(2, counts.copies().exact());
    assertEquals(5, counts.copies().pairs().size());
    String text = SummaryText.of(counts, 1, STARTED, STARTED, List.of(), "a", "b");
    assertThat(
        text,
        containsString(
            "20 rows look like copies of others, 2 of them with equal amounts; the first:\n"
                + "  id-00 and id-01, with other amounts\n"
                + "  id-02 and id-03, with other amounts\n"
                + "  id-04 and id-05, with equal amounts\n"));
    assertThat(text, not(containsString("id-10")));
  }

  private static Counts read(Counts... parts) throws IOException {
    String lines = Stream.of(parts).map(Counts::json).collect(Collectors.joining("\n"));
    return Counts.read(new StringReader(lines));
  }

  private static Counts.Files files(String scored, String errors) {
    return new Counts.Files(List.of(scored), List.of(errors));
  }

  private static Row copy(String pattern, int id, int other, boolean exact) {
    Row row = scored(String.format(pattern, id), 0.1);
    Schema schema =
        Schema.builder()
            .addFields(row.getSchema().getFields())
            .addArrayField("duplicate_of", Schema.FieldType.STRING)
            .addInt64Field("duplicates")
            .addInt64Field("exact_duplicates")
            .build();
    List<String> others = other < 0 ? List.of() : List.of(String.format(pattern, other));
    return Row.withSchema(schema)
        .addValues(row.getValues())
        .addValue(others)
        .addValue((long) others.size())
        .addValue(exact ? 1L : 0L)
        .build();
  }

  private static Row scored(String id, double score) {
    return ScoredRows.of(id, score, "Amount");
  }
}
