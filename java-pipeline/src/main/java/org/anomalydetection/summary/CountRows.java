package org.anomalydetection.summary;

import java.util.List;
import org.anomalydetection.csv.ReadCsv;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Counts a run in the pipeline itself, once for each element, since a metric counts a row again
 * when a runner repeats its bundle.
 */
public final class CountRows {
  private CountRows() {}

  /**
   * Counts what was read, scored and in error, and finds the oddest rows.
   *
   * @param read how many records there were, and when the first was read
   * @param tally what to look at in scored rows
   * @return the lines that {@link Counts#read} adds up
   */
  public static PCollection<String> of(
      ReadCsv.Result read, PCollection<Row> scored, PCollection<Row> errors, Tally tally) {
    return PCollectionList.of(
            read.begun()
                .apply(
                    "ReadBegun", MapElements.into(TypeDescriptors.strings()).via(CountRows::begun)))
        .and(
            read.count()
                .apply(
                    "CountRead",
                    MapElements.into(TypeDescriptors.strings())
                        .via(count -> Tally.json(new Counts(count, 0, 0, 0, List.of())))))
        .and(scored.apply("TallyScored", Combine.globally(tally)))
        .and(
            errors
                .apply("CountErrors", Count.globally())
                .apply(
                    "ErrorCount",
                    MapElements.into(TypeDescriptors.strings())
                        .via(count -> Tally.json(new Counts(0, 0, 0, count, List.of())))))
        .apply("Counts", Flatten.pCollections());
  }

  private static String begun(long time) {
    return Tally.json(new Counts(0, 0, 0, 0, List.of()).withTimes(new Times(time, 0, 0)));
  }
}
