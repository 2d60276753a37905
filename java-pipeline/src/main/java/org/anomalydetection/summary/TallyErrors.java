package org.anomalydetection.summary;

import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.Row;

/** Finds the first rows in error: one line of {@link Counts} for each bundle that has any. */
final class TallyErrors extends DoFn<Row, String> {
  private static final long serialVersionUID = 1L;

  private transient List<BadRow> first;

  @StartBundle
  public void startBundle() {
    first = List.of();
  }

  @ProcessElement
  public void process(@Element Row error) {
    first = Counts.firstBad(first, List.of(BadRow.of(error)));
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) {
    if (!first.isEmpty()) {
      context.output(
          Counts.NONE.withFirstBad(first).json(),
          BoundedWindow.TIMESTAMP_MIN_VALUE,
          GlobalWindow.INSTANCE);
    }
  }
}
