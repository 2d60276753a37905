package org.anomalydetection.duplicates;

import java.util.Map;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Puts beside every row what its key's rows are: how many, and a few ids.
 *
 * <p>Rows of one key are brought together only where they are few, since a runner may hold a group
 * in memory. Crowds are known from counts alone, which are combined in constant memory before they
 * meet; and there are few crowds, so that they can be handed to all rows.
 */
final class MeetByKey
    extends PTransform<PCollection<KV<String, Row>>, PCollection<KV<KV<String, Row>, FewIds>>> {
  private static final long serialVersionUID = 1L;

  private static final TupleTag<KV<String, Row>> FEW = new TupleTag<>() {};
  private static final TupleTag<KV<KV<String, Row>, FewIds>> CROWDED = new TupleTag<>() {};

  private final int mostHeld;

  /**
   * @param mostHeld how many rows of one key may be held together
   */
  MeetByKey(int mostHeld) {
    this.mostHeld = mostHeld;
  }

  @Override
  public PCollection<KV<KV<String, Row>, FewIds>> expand(PCollection<KV<String, Row>> rows) {
    long most = mostHeld;
    PCollectionView<Map<String, FewIds>> crowds =
        rows.apply(
                "Ids",
                MapElements.into(
                        TypeDescriptors.kvs(TypeDescriptors.strings(), TypeDescriptors.strings()))
                    .via(row -> KV.of(row.getKey(), row.getValue().getString("id"))))
            .apply("Count", Combine.perKey(new CountFn()))
            .apply("Crowds", Filter.by(ids -> ids.getValue().rows() > most))
            .apply("AsMap", View.asMap());
    PCollectionTuple parted =
        rows.apply(
            "Part",
            ParDo.of(new PartFn(crowds))
                .withSideInputs(crowds)
                .withOutputTags(FEW, TupleTagList.of(CROWDED)));
    KvCoder<KV<String, Row>, FewIds> coder =
        KvCoder.of(rows.getCoder(), SerializableCoder.of(FewIds.class));
    return PCollectionList.of(
            parted
                .get(FEW)
                .setCoder(rows.getCoder())
                .apply("Meet", GroupByKey.create())
                .apply("Count few", ParDo.of(new FewFn()))
                .setCoder(coder))
        .and(parted.get(CROWDED).setCoder(coder))
        .apply("Flatten", Flatten.pCollections());
  }

  /** Tells of rows in crowds what they need to know, and passes the others on. */
  private static final class PartFn extends DoFn<KV<String, Row>, KV<String, Row>> {
    private static final long serialVersionUID = 1L;

    private final PCollectionView<Map<String, FewIds>> view;
    private transient @Nullable Map<String, FewIds> crowds;

    PartFn(PCollectionView<Map<String, FewIds>> view) {
      this.view = view;
    }

    @StartBundle
    public void startBundle() {
      crowds = null;
    }

    @ProcessElement
    public void process(ProcessContext context, MultiOutputReceiver out) {
      Map<String, FewIds> known = crowds;
      if (known == null) {
        // Copied, since a runner may ask for the value of each key anew.
        known = Map.copyOf(context.sideInput(view));
        crowds = known;
      }
      KV<String, Row> row = context.element();
      FewIds ids = known.get(row.getKey());
      if (ids == null) {
        out.get(FEW).output(row);
      } else {
        out.get(CROWDED).output(KV.of(row, ids));
      }
    }
  }

  private static final class FewFn
      extends DoFn<KV<String, Iterable<Row>>, KV<KV<String, Row>, FewIds>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<String, Iterable<Row>> group, OutputReceiver<KV<KV<String, Row>, FewIds>> out) {
      FewIds ids = new FewIds();
      group.getValue().forEach(row -> ids.add(row.getString("id")));
      for (Row row : group.getValue()) {
        out.output(KV.of(KV.of(group.getKey(), row), ids));
      }
    }
  }

  /** Counts rows and finds the first ids. */
  private static final class CountFn extends Combine.CombineFn<String, FewIds, FewIds> {
    private static final long serialVersionUID = 1L;

    @Override
    public FewIds createAccumulator() {
      return new FewIds();
    }

    @Override
    public FewIds addInput(FewIds ids, String id) {
      ids.add(id);
      return ids;
    }

    @Override
    public FewIds mergeAccumulators(Iterable<FewIds> parts) {
      FewIds merged = new FewIds();
      parts.forEach(merged::addAll);
      return merged;
    }

    @Override
    public FewIds extractOutput(FewIds ids) {
      return ids;
    }
  }
}
