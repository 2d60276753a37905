package org.anomalydetection.salesforce;

import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.transforms.Deduplicate;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.Row;
import org.joda.time.Duration;
import org.joda.time.Instant;

/**
 * Passes each version of a record on once: the first of all rows of one id and one timestamp, which
 * is that of its last change. What is followed may come again when a runner repeats a bundle, and
 * then with the same watermark, so a version need not be remembered long after that has passed it.
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
        .apply(
            "Distinct",
            Deduplicate.<String, Row>keyedValues()
                .withTimeDomain(TimeDomain.EVENT_TIME)
                .withDuration(REMEMBERED))
        .apply("Rows", Values.create())
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
}
