package org.anomalydetection.metrics;

import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;

/** Passes elements on as they are and counts them in a metric. */
public final class Counted<T> extends PTransform<PCollection<T>, PCollection<T>> {
  private static final long serialVersionUID = 1L;

  private final RowMetric metric;

  private Counted(RowMetric metric) {
    this.metric = metric;
  }

  /** Counts in a metric. */
  public static <T> Counted<T> in(RowMetric metric) {
    return new Counted<>(metric);
  }

  @Override
  public PCollection<T> expand(PCollection<T> elements) {
    return elements.apply("Count", ParDo.of(new CountFn<>(metric))).setCoder(elements.getCoder());
  }

  private static final class CountFn<T> extends DoFn<T, T> {
    private static final long serialVersionUID = 1L;

    private final RowCounter counter;

    CountFn(RowMetric metric) {
      this.counter = new RowCounter(metric);
    }

    @ProcessElement
    public void process(@Element T element, OutputReceiver<T> out) {
      counter.increment();
      out.output(element);
    }

    @FinishBundle
    public void finishBundle() {
      counter.flush();
    }
  }
}
