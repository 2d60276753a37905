package org.anomalydetection.summary;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The summary of a run as text for people. */
public final class SummaryText {
  private static final int REASONS_WIDTH = 90;
  private static final int ID_WIDTH = 40;

  private SummaryText() {}

  /**
   * Returns the counts, the times, the first errors, the oddest rows as a table, copies, warnings,
   * and where the outputs are.
   *
   * @param files how many files were read
   * @param started when the run was asked for
   * @param warnings one line each
   */
  public static String of(
      Counts counts,
      int files,
      Instant started,
      Instant ended,
      List<String> warnings,
      String scored,
      String errors) {
    String head =
        String.format(
            Locale.ROOT,
            "%,d rows%s read: %,d scored, %,d of them odd%s; %,d in error. %.1f s.%n",
            counts.read(),
            files == 1 ? "" : String.format(Locale.ROOT, " of %,d files", files),
            counts.scored(),
            counts.odd(),
            ignored(counts.review().ignored()),
            counts.notScored(),
            seconds(started, ended.toEpochMilli()));
    String table =
        counts.oddest().isEmpty()
            ? ""
            : String.format("%nThe oddest rows:%n%s%n%s", table(counts.oddest()), note(counts));
    return head
        + times(started, counts.times())
        + firstBad(counts)
        + table
        + copies(counts.copies())
        + refused(counts.refused())
        + (warnings.isEmpty() ? "" : String.format("%n"))
        + warnings.stream()
            .map(line -> String.format("warning: %s%n", OneLine.of(line)))
            .collect(Collectors.joining())
        + String.format("%nScored rows: %s%nErrors:      %s", scored, errors);
  }

  /**
   * Returns why a run failed that could score nothing.
   *
   * @param counts those of a run in which {@link Counts#nothingScored}
   * @param errors where the errors are
   */
  public static String nothingScored(Counts counts, String errors) {
    return String.format(
        Locale.ROOT,
        "none of the %,d rows could be scored; the first: %s; all errors are in %s",
        counts.read(),
        counts.firstBad().get(0).text(),
        errors);
  }

  private static String firstBad(Counts counts) {
    List<BadRow> rows = counts.firstBad();
    return rows.isEmpty()
        ? ""
        : String.format("%n%s:%n", counts.errors() > rows.size() ? "The first errors" : "Errors")
            + rows.stream()
                .map(row -> String.format("  %s%n", row.text()))
                .collect(Collectors.joining());
  }

  private static String times(Instant started, Times times) {
    return times.firstScored() == 0
        ? ""
        : String.format(
            Locale.ROOT,
            "First row read after %.1f s, first row scored after %.1f s, last row scored after %.1f"
                + " s.%n",
            seconds(started, times.firstRead()),
            seconds(started, times.firstScored()),
            seconds(started, times.lastScored()));
  }

  private static double seconds(Instant started, long millis) {
    return (millis - started.toEpochMilli()) / 1000.0;
  }

  private static String ignored(long rows) {
    return rows == 0
        ? ""
        : String.format(Locale.ROOT, " (and %,d that were reviewed and are ignored)", rows);
  }

  private static String refused(long rows) {
    return rows == 0
        ? ""
        : String.format(
            Locale.ROOT,
            "%n%,d of the scored rows were refused by a table; see the errors.%n",
            rows);
  }

  private static String copies(Counts.Copies copies) {
    if (copies.rows() == 0) {
      return "";
    }
    String pairs =
        copies.pairs().stream()
            .map(
                pair ->
                    String.format(
                        "  %s and %s, with %s amounts%n",
                        OneLine.of(pair.original(), ID_WIDTH),
                        OneLine.of(pair.copy(), ID_WIDTH),
                        pair.exact() ? "equal" : "other"))
            .collect(Collectors.joining());
    return String.format(
        Locale.ROOT,
        "%n%,d rows look like copies of others, %,d of them with equal amounts%s:%n%s",
        copies.rows(),
        copies.exact(),
        copies.rows() > 2L * copies.pairs().size() ? "; the first" : "",
        pairs);
  }

  private static String table(List<OddRow> rows) {
    return AsciiTable.getTable(
        AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
        rows,
        List.of(
            new Column()
                .header("id")
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(ID_WIDTH, OverflowBehaviour.ELLIPSIS_RIGHT)
                .with(row -> OneLine.of(row.id())),
            new Column()
                .header("score")
                .with(row -> String.format(Locale.ROOT, "%.4f", row.score())),
            new Column()
                .header("p-value")
                .with(row -> String.format(Locale.ROOT, "%.2g", row.pValue())),
            new Column().header("odd").with(row -> row.odd() ? "yes" : "no"),
            new Column()
                .header("reasons")
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(REASONS_WIDTH, OverflowBehaviour.NEWLINE)
                .with(SummaryText::reasons)));
  }

  private static String note(Counts counts) {
    return counts.oddest().stream().anyMatch(row -> !row.odd() && row.reasons().isEmpty())
        ? String.format("Rows that are not odd are given reasons with --explainAll.%n")
        : "";
  }

  private static String reasons(OddRow row) {
    return row.reasons().stream().map(OddRow.Reason::text).collect(Collectors.joining("; "));
  }
}
