package org.anomalydetection.summary;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.anomalydetection.source.TallCells;

/** Warns of cells that may hold records: {@code cli/row_notes.py} does so in the same words. */
public final class TallCellsText {
  private static final int FILES = 3;

  private TallCellsText() {}

  /** Returns a line for each of the first files, and one for the others. */
  public static List<String> of(List<TallCells> files) {
    return Stream.concat(
            files.stream().limit(FILES).map(TallCellsText::line),
            Stream.of(files.size() - FILES)
                .filter(more -> more > 0)
                .map(
                    more ->
                        String.format(
                            Locale.ROOT,
                            "%,d more files have cells of more than %d line breaks",
                            more,
                            TallCells.MOST_LINE_BREAKS)))
        .toList();
  }

  private static String line(TallCells file) {
    String others =
        file.cells() == 1
            ? ""
            : String.format(
                Locale.ROOT,
                " Other cells of the file with more than %d: %,d",
                TallCells.MOST_LINE_BREAKS,
                file.cells() - 1);
    return String.format(
        Locale.ROOT,
        "%s, record %d: %s holds %,d line breaks; is a quote not closed?%s",
        file.source(),
        file.record(),
        file.column(),
        file.lineBreaks(),
        others);
  }
}
