package org.anomalydetection.writeback;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/** Puts the values of a key together at the end of their window, so many at most. */
final class WindowBatches<K, V>
    extends PTransform<PCollection<KV<K, V>>, PCollection<KV<K, Iterable<V>>>> {
  private static final long serialVersionUID = 1L;

  private final int most;

  WindowBatches(int most) {
    this.most = most;
  }

  @Override
  public PCollection<KV<K, Iterable<V>>> expand(PCollection<KV<K, V>> values) {
    PCollection<KV<K, Iterable<V>>> grouped = values.apply("Group", GroupByKey.create());
    return grouped.apply("Split", ParDo.of(new SplitFn<>(most))).setCoder(grouped.getCoder());
  }

  private static final class SplitFn<K, V> extends DoFn<KV<K, Iterable<V>>, KV<K, Iterable<V>>> {
    private static final long serialVersionUID = 1L;

    private final int most;

    SplitFn(int most) {
      this.most = most;
    }

    @ProcessElement
    public void process(@Element KV<K, Iterable<V>> group, OutputReceiver<KV<K, Iterable<V>>> out) {
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
