package org.anomalydetection.csv;

import org.anomalydetection.source.Columns;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;

/**
 * Reads a CSV file (RFC 4180, UTF-8, with quoted line breaks) into rows. Every record becomes a row
 * of the columns' schema or one row of errors.
 *
 * <pre>{@code
 * Columns columns = Header.read(path, "Id", ModelParams.cellKinds("pretrained/model.params"));
 * ReadResult read = pipeline.apply(ReadCsv.from(path, columns));
 * }</pre>
 */
public final class ReadCsv extends PTransform<PBegin, ReadResult> {
  private static final long serialVersionUID = 1L;

  /**
   * After so many records at the most the reading goes on in another bundle. Each bundle of rows
   * comes to be a file of the output, and a local runner holds some bundles in memory.
   */
  private static final long RECORDS_AT_ONCE = 1 << 15;

  private final String path;
  private final Columns columns;
  private final long recordsAtOnce;

  private ReadCsv(String path, Columns columns, long recordsAtOnce) {
    this.path = path;
    this.columns = columns;
    this.recordsAtOnce = recordsAtOnce;
  }

  /**
   * Reads the file at a path of any file system of Beam; {@code columns} are those of its header.
   */
  public static ReadCsv from(String path, Columns columns) {
    return new ReadCsv(path, columns, RECORDS_AT_ONCE);
  }

  /** Goes on in another bundle after so many records at the most. */
  ReadCsv withRecordsAtOnce(long records) {
    return new ReadCsv(path, columns, records);
  }

  @Override
  public ReadResult expand(PBegin input) {
    return ReadResult.of(
        input
            .apply("Path", Create.of(path))
            .apply(
                "Records",
                ParDo.of(new ReadFn(columns, recordsAtOnce))
                    .withOutputTags(ReadResult.ROWS, ReadResult.SIDES)),
        columns.schema());
  }
}
