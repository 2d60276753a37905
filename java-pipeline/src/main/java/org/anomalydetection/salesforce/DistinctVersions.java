package org.anomalydetection.salesforce;

import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Passes each version of a record on once: the first of all rows of one id and one timestamp, which
 * is that of its last change. What is followed may come again when a runner repeats a bundle; a
 * version is forgotten when the watermark is ten minutes past it, or past its window. (Beam's own
 * Deduplicate counts from where the watermark is, which at first is nowhere, and so forgets at
 * once.)
 *
 * <p>What is read once needs no such step: a bundle's output counts only when the bundle is done.
 */
public final class DistinctVersions extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  private static final Duration REMEMBERED = Duration.standardMinutes(10);

  private final String idColumn;

  private DistinctVersions(String idColumn) {
    this.idColumn = idColumn;
  }

  /** Tells records apart by a column, and those without a value there by all of it. */
  public static DistinctVersions by(String idColumn) {
    return new DistinctVersions(idColumn);
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    return rows.apply("ByVersion", ParDo.of(new VersionFn(idColumn)))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), rows.getCoder()))
        .apply("First", ParDo.of(new FirstFn()))
        .setRowSchema(rows.getSchema());
  }

  private static final class VersionFn extends DoFn<Row, KV<String, Row>> {
    private static final long serialVersionUID = 1L;

    private final String idColumn;

    VersionFn(String idColumn) {
      this.idColumn = idColumn;
    }

    @ProcessElement
    public void process(
        @Element Row row, @Timestamp Instant changed, OutputReceiver<KV<String, Row>> out) {
      String id = row.getString(idColumn);
      out.output(KV.of((id == null ? row : id) + " " + changed.getMillis(), row));
    }
  }

  static final class FirstFn extends DoFn<KV<String, Row>, Row> {
    private static final long serialVersionUID = 1L;
    private static final String SEEN = "seen";
    private static final String FORGET = "forget";

    @StateId(SEEN)
    private final StateSpec<ValueState<Boolean>> seenSpec = StateSpecs.value();

    @TimerId(FORGET)
    private final TimerSpec forgetSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

    @ProcessElement
    public void process(
        @Element KV<String, Row> version,
        @Timestamp Instant changed,
        @StateId(SEEN) ValueState<Boolean> seen,
        @TimerId(FORGET) Timer forget,
        BoundedWindow window,
        OutputReceiver<Row> out) {
      if (seen.read() == null) {
        seen.write(true);
        Instant then = changed.plus(REMEMBERED);
        Instant last = window.maxTimestamp();
        forget.withNoOutputTimestamp().set(then.isBefore(last) ? then : last);
        out.output(version.getValue());
      }
    }

    @OnTimer(FORGET)
    public void forget(@StateId(SEEN) ValueState<Boolean> seen) {
      seen.clear();
    }
  }
}
