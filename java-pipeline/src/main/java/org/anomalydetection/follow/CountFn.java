package org.anomalydetection.follow;

import java.util.HashMap;
import java.util.Map;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.values.Row;

/** Counts the rows that are read, for each bundle and window. */
final class CountFn extends DoFn<Row, Piece> {
  private static final long serialVersionUID = 1L;

  private transient Map<IntervalWindow, Long> counts;

  @StartBundle
  public void startBundle() {
    counts = new HashMap<>();
  }

  @ProcessElement
  public void process(BoundedWindow window) {
    counts.merge((IntervalWindow) window, 1L, Long::sum);
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) {
    counts.forEach(
        (window, rows) ->
            context.output(
                Piece.of(Piece.Kind.READ, window, "", rows), window.maxTimestamp(), window));
  }
}
