package org.anomalydetection.follow;

import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Duration;

/**
 * Puts rows into the windows of a run. A {@code WindowFn} of our own would be unknown in Python, so
 * that Beam is told of fixed windows, whose length is not true. Nobody asks it: what groups by
 * windows, or remembers something in each, needs their coder and that none are merged.
 */
final class AssignWindows extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  private final FollowWindows windows;

  AssignWindows(FollowWindows windows) {
    this.windows = windows;
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    return rows.apply("Fixed", Window.into(FixedWindows.of(Duration.standardSeconds(1))))
        .apply("Assign", ParDo.of(new AssignFn(windows)))
        .setRowSchema(rows.getSchema());
  }

  private static final class AssignFn extends DoFn<Row, Row> {
    private static final long serialVersionUID = 1L;

    private final FollowWindows windows;

    AssignFn(FollowWindows windows) {
      this.windows = windows;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      context.outputWindowedValue(
          context.element(),
          context.timestamp(),
          List.of(windows.at(context.timestamp())),
          PaneInfo.NO_FIRING);
    }
  }
}
