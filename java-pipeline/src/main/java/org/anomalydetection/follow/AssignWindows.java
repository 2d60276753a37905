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
 * Puts each row into the window of {@link FollowWindows} that its timestamp lies in, which is of
 * one of several lengths.
 *
 * <p>What Beam is told of these windows is not true: it declares {@link FixedWindows} of a second,
 * and then a {@code DoFn} outputs each row in another {@code IntervalWindow}, which {@code
 * FixedWindows} would never assign. A {@code WindowFn} of our own cannot be declared, since the
 * transform in Python does not know it. This is sound for two reasons only:
 *
 * <ul>
 *   <li>Both windows are {@code IntervalWindow}s with one coder, so that runners and workers of any
 *       language carry beginning and end of a window as they are, and derive neither from the
 *       declared length.
 *   <li>{@code FixedWindows} do not merge, so that nobody asks the {@code WindowFn} again once a
 *       row has its window: grouping, state, timers and their clean-up go by the window itself.
 * </ul>
 *
 * <p>Nobody should do so where one of the two does not hold, such as with sessions, or where a
 * later step asks the {@code WindowFn} for windows, as side inputs and a further {@code
 * Window.into} do.
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
