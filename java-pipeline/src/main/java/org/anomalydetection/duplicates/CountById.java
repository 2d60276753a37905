package org.anomalydetection.duplicates;

import org.apache.beam.sdk.transforms.Combine;

/** Counts the rows of a key and finds the first ids, in constant memory whatever their number. */
final class CountById extends Combine.CombineFn<String, FewIds, FewIds> {
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
