package org.anomalydetection.follow;

import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;

/**
 * Passes on the first of the rows that have one name and one timestamp: a source that reads at
 * least once gives a version of a record again when it has to repeat a read.
 *
 * <p>What is remembered belongs to the window of the row, and a runner forgets it when the
 * watermark has passed that: from then on the source gives no row of the window any more.
 */
final class Deduplicate extends PTransform<PCollection<Row>, PCollection<Row>> {
  private static final long serialVersionUID = 1L;

  private final SerializableFunction<Row, String> naming;

  private Deduplicate(SerializableFunction<Row, String> naming) {
    this.naming = naming;
  }

  /** Compares rows by what a function makes of them, and by their timestamps. */
  static Deduplicate by(SerializableFunction<Row, String> name) {
    return new Deduplicate(name);
  }

  @Override
  public PCollection<Row> expand(PCollection<Row> rows) {
    return rows.apply("Name", ParDo.of(new NameFn(naming)))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), rows.getCoder()))
        .apply("First", ParDo.of(new FirstFn()))
        .setRowSchema(rows.getSchema());
  }

  private static final class NameFn extends DoFn<Row, KV<String, Row>> {
    private static final long serialVersionUID = 1L;

    private final SerializableFunction<Row, String> naming;

    NameFn(SerializableFunction<Row, String> naming) {
      this.naming = naming;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      Row row = context.element();
      context.output(KV.of(context.timestamp().getMillis() + " " + naming.apply(row), row));
    }
  }

  private static final class FirstFn extends DoFn<KV<String, Row>, Row> {
    private static final long serialVersionUID = 1L;

    @StateId("seen")
    private final StateSpec<ValueState<Boolean>> seen = StateSpecs.value();

    @ProcessElement
    public void process(
        @Element KV<String, Row> named,
        @StateId("seen") ValueState<Boolean> seen,
        OutputReceiver<Row> out) {
      if (seen.read() == null) {
        seen.write(true);
        out.output(named.getValue());
      }
    }
  }
}
