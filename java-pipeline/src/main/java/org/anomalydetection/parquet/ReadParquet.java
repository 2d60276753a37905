package org.anomalydetection.parquet;

import java.util.List;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Portions;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.Spread;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;

/**
 * Reads Parquet files into rows. Every record becomes a row of the columns' schema or one row of
 * errors, just as if its values were the cells of a CSV file; an empty text is a missing value.
 */
public final class ReadParquet extends PTransform<PBegin, ReadResult> {
  private static final long serialVersionUID = 1L;

  private static final long CHUNK = 4096;

  private final List<RowGroup> groups;
  private final Columns columns;
  private final Portions portions;
  private final long chunk;

  private ReadParquet(List<RowGroup> groups, Columns columns, Portions portions, long chunk) {
    this.groups = groups;
    this.columns = columns;
    this.portions = portions;
    this.chunk = chunk;
  }

  /**
   * Reads files that all have these columns. Row groups are read by all workers, and large ones in
   * parts where a runner asks for that.
   */
  public static ReadParquet from(List<ParquetFile> files, Columns columns) {
    List<RowGroup> groups = files.stream().flatMap(file -> file.groups().stream()).toList();
    return new ReadParquet(groups, columns, Portions.usual(), CHUNK);
  }

  /** Goes on in another bundle after so many records at the most. */
  ReadParquet withRecordsAtOnce(long records) {
    return new ReadParquet(groups, columns, Portions.ofAtMost(records), Math.min(records, CHUNK));
  }

  @Override
  public ReadResult expand(PBegin input) {
    return ReadResult.of(
        input
            .apply("RowGroups", Spread.of(groups, SerializableCoder.of(RowGroup.class)))
            .apply(
                "Records",
                ParDo.of(new ReadGroupFn(columns, portions, chunk))
                    .withOutputTags(ReadResult.ROWS, ReadResult.SIDES)),
        columns.schema());
  }
}
