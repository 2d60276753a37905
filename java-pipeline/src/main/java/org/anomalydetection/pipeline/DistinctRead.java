package org.anomalydetection.pipeline;

import org.anomalydetection.salesforce.DistinctVersions;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;

/** Reads what may come more than once, and passes it on once. Counts are of all that came. */
final class DistinctRead extends PTransform<PBegin, ReadResult> {
  private static final long serialVersionUID = 1L;

  private final PTransform<PBegin, ReadResult> read;
  private final String idColumn;

  DistinctRead(PTransform<PBegin, ReadResult> read, String idColumn) {
    this.read = read;
    this.idColumn = idColumn;
  }

  @Override
  public ReadResult expand(PBegin input) {
    ReadResult all = input.apply("All", read);
    return all.with(
        all.rows().apply("DistinctRows", DistinctVersions.by(idColumn)),
        all.errors().apply("DistinctErrors", DistinctVersions.by("id")));
  }
}
