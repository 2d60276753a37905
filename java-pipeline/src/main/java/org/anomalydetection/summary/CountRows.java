package org.anomalydetection.summary;

import java.util.List;
import org.anomalydetection.output.Written;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.TallCells;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Counts a run in the pipeline itself, once for each element, since a metric counts a row again
 * when a runner repeats its bundle. What is counted are the rows in the files that were written.
 */
public final class CountRows {
  private CountRows() {}

  /**
   * Counts what was read, scored and in error, and finds the oddest rows and the first bad ones.
   *
   * @param read how many records there were, and when the first was read
   * @param scored the files of scored rows
   * @param errors the files of rows in error
   * @param rows the scored rows
   * @param tally what to look at in them
   * @param bad the rows in error
   * @return the lines that {@link Counts#read} adds up
   */
  public static PCollection<String> of(
      ReadResult read,
      PCollection<Written> scored,
      PCollection<Written> errors,
      PCollection<Row> rows,
      Tally tally,
      PCollection<Row> bad) {
    return PCollectionList.of(line("ReadBegun", read.begun(), CountRows::begun))
        .and(line("CountRead", read.count(), CountRows::read))
        .and(line("TallCells", read.tall(), CountRows::tall))
        .and(line("CountScored", scored, CountRows::scored))
        .and(line("CountErrors", errors, CountRows::errors))
        .and(rows.apply("TallyScored", ParDo.of(tally)))
        .and(bad.apply("TallyErrors", ParDo.of(new TallyErrors())))
        .apply("Counts", Flatten.pCollections());
  }

  /** Counts rows that are among the errors since a table refused them. */
  public static PCollection<String> ofRefused(PCollection<Row> errors) {
    return line("CountRefused", errors.apply("Refused", Count.globally()), CountRows::refused);
  }

  private static <T> PCollection<String> line(
      String name, PCollection<T> elements, SerializableFunction<T, Counts> counts) {
    return elements.apply(
        name,
        MapElements.into(TypeDescriptors.strings()).via(element -> counts.apply(element).json()));
  }

  private static Counts begun(long time) {
    return Counts.NONE.withTimes(new Times(time, 0, 0));
  }

  private static Counts read(long records) {
    return new Counts(records, 0, 0, 0, List.of());
  }

  private static Counts tall(TallCells cells) {
    return Counts.NONE.withTall(List.of(cells));
  }

  private static Counts scored(Written written) {
    return new Counts(0, written.rows(), 0, 0, List.of())
        .withFiles(new Counts.Files(List.of(written.file()), List.of()));
  }

  private static Counts refused(long rows) {
    return Counts.NONE.withRefused(rows);
  }

  private static Counts errors(Written written) {
    return new Counts(0, 0, 0, written.rows(), List.of())
        .withFiles(new Counts.Files(List.of(), List.of(written.file())));
  }
}
