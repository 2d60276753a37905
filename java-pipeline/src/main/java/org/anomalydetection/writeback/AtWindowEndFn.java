package org.anomalydetection.writeback;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.state.BagState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TimestampedValue;

/**
 * Gives the rows of a window together when it is over, so many at a time. (Of Beam's own
 * GroupIntoBatches Prism makes an error when a window expires.)
 */
final class AtWindowEndFn
    extends DoFn<KV<Integer, TimestampedValue<Row>>, KV<Integer, Iterable<TimestampedValue<Row>>>> {
  private static final long serialVersionUID = 1L;
  private static final String ROWS = "rows";
  private static final String END = "end";

  @StateId(ROWS)
  private final StateSpec<BagState<TimestampedValue<Row>>> rowsSpec;

  @TimerId(END)
  private final TimerSpec endSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  private final int most;

  AtWindowEndFn(Coder<TimestampedValue<Row>> coder, int most) {
    this.rowsSpec = StateSpecs.bag(coder);
    this.most = most;
  }

  @ProcessElement
  public void process(
      @Element KV<Integer, TimestampedValue<Row>> row,
      @StateId(ROWS) BagState<TimestampedValue<Row>> rows,
      @TimerId(END) Timer end,
      BoundedWindow window) {
    rows.add(row.getValue());
    end.set(window.maxTimestamp());
  }

  @OnTimer(END)
  public void end(
      @StateId(ROWS) BagState<TimestampedValue<Row>> rows,
      OutputReceiver<KV<Integer, Iterable<TimestampedValue<Row>>>> out) {
    List<TimestampedValue<Row>> batch = new ArrayList<>();
    for (TimestampedValue<Row> row : rows.read()) {
      batch.add(row);
      if (batch.size() == most) {
        out.output(KV.of(0, batch));
        batch = new ArrayList<>();
      }
    }
    if (!batch.isEmpty()) {
      out.output(KV.of(0, batch));
    }
    rows.clear();
  }
}
