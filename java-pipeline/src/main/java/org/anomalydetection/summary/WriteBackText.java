package org.anomalydetection.summary;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.github.freva.asciitable.OverflowBehaviour;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What was written back, as text for people. */
public final class WriteBackText {
  private static final int VALUE_WIDTH = 60;

  private record Line(String id, WriteBackCounts.Difference difference) {}

  private WriteBackText() {}

  /** Returns the totals; of a preview the first changes too, as a table. */
  public static String of(WriteBackCounts counts, boolean preview) {
    String totals =
        String.format(
            Locale.ROOT,
            "%nWrite back: %,d opportunities %s, %,d had these values already, %,d cannot be"
                + " written.%s%n",
            counts.changed(),
            preview ? "would be written" : "written",
            counts.equal(),
            counts.failed(),
            counts.superseded() == 0
                ? ""
                : String.format(
                    Locale.ROOT, " %,d rows gave way to later ones.", counts.superseded()));
    if (!preview || counts.shown().isEmpty()) {
      return totals;
    }
    return totals
        + String.format(
            "The %s of them:%n%s%nNothing was written: that is --writeBack=apply.%n",
            counts.changed() > counts.shown().size() ? "oddest" : "values", table(counts.shown()));
  }

  private static String table(List<WriteBackCounts.Change> changes) {
    List<Line> lines =
        changes.stream()
            .flatMap(change -> change.differences().stream().map(one -> new Line(change.id(), one)))
            .toList();
    return AsciiTable.getTable(
        AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
        lines,
        List.of(
            new Column().header("id").dataAlign(HorizontalAlign.LEFT).with(Line::id),
            new Column()
                .header("field")
                .dataAlign(HorizontalAlign.LEFT)
                .with(line -> line.difference().field()),
            new Column()
                .header("now")
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(VALUE_WIDTH, OverflowBehaviour.NEWLINE)
                .with(line -> value(line.difference().before())),
            new Column()
                .header("then")
                .dataAlign(HorizontalAlign.LEFT)
                .maxWidth(VALUE_WIDTH, OverflowBehaviour.NEWLINE)
                .with(line -> value(line.difference().after()))));
  }

  private static String value(@Nullable String value) {
    return value == null ? "(empty)" : value.lines().collect(Collectors.joining(" "));
  }
}
