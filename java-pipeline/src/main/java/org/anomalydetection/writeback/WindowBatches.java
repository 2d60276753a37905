package org.anomalydetection.writeback;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Puts the values of a window together at its end, so many at most, by a number.
 *
 * <p>Nowhere are more of them together, by about the number of workers: the windows of a run that
 * catches up are days, and have millions.
 */
final class WindowBatches<V>
    extends PTransform<PCollection<V>, PCollection<KV<Integer, Iterable<V>>>> {
  private static final long serialVersionUID = 1L;

  private final int most;

  WindowBatches(int most) {
    this.most = most;
  }

  @Override
  public PCollection<KV<Integer, Iterable<V>>> expand(PCollection<V> values) {
    PCollection<KV<Integer, Iterable<V>>> grouped =
        values
            .apply("Number", ParDo.of(new NumberFn<>(most)))
            .setCoder(KvCoder.of(VarIntCoder.of(), values.getCoder()))
            .apply("Group", GroupByKey.create());
    return grouped.apply("Split", ParDo.of(new SplitFn<>(most))).setCoder(grouped.getCoder());
  }

  /** Counts values as they come, over bundles: those of most windows all get number 0. */
  static final class NumberFn<V> extends DoFn<V, KV<Integer, V>> {
    private static final long serialVersionUID = 1L;

    private final int most;
    private transient Map<BoundedWindow, Integer> counts;

    NumberFn(int most) {
      this.most = most;
    }

    @Setup
    public void setup() {
      counts = new LatestWindows();
    }

    @ProcessElement
    public void process(
        @Element V value, BoundedWindow window, OutputReceiver<KV<Integer, V>> out) {
      out.output(KV.of((counts.merge(window, 1, Integer::sum) - 1) / most, value));
    }
  }

  /** The counts of the windows that values came for last. */
  private static final class LatestWindows extends LinkedHashMap<BoundedWindow, Integer> {
    private static final long serialVersionUID = 1L;
    private static final int MOST = 1000;

    LatestWindows() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<BoundedWindow, Integer> eldest) {
      return size() > MOST;
    }
  }

  /** Cuts what several workers gave one number. */
  private static final class SplitFn<V>
      extends DoFn<KV<Integer, Iterable<V>>, KV<Integer, Iterable<V>>> {
    private static final long serialVersionUID = 1L;

    private final int most;

    SplitFn(int most) {
      this.most = most;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<V>> group, OutputReceiver<KV<Integer, Iterable<V>>> out) {
      List<V> batch = new ArrayList<>();
      for (V value : group.getValue()) {
        batch.add(value);
        if (batch.size() == most) {
          out.output(KV.of(group.getKey(), batch));
          batch = new ArrayList<>();
        }
      }
      if (!batch.isEmpty()) {
        out.output(KV.of(group.getKey(), batch));
      }
    }
  }
}
