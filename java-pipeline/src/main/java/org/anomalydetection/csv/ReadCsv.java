package org.anomalydetection.csv;

import java.util.List;
import org.anomalydetection.source.Columns;
import org.anomalydetection.source.Portions;
import org.anomalydetection.source.ReadResult;
import org.anomalydetection.source.Spread;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;

/**
 * Reads CSV files (RFC 4180, UTF-8, with quoted line breaks) into rows. Every record becomes a row
 * of the columns' schema or one row of errors.
 *
 * <pre>{@code
 * Columns columns = Header.read(path, "Id", ModelParams.cellKinds("pretrained/model.params"));
 * ReadResult read = pipeline.apply(ReadCsv.from(path, columns));
 * }</pre>
 */
public final class ReadCsv extends PTransform<PBegin, ReadResult> {
  private static final long serialVersionUID = 1L;

  private final List<String> paths;
  private final Columns columns;
  private final Portions portions;

  private ReadCsv(List<String> paths, Columns columns, Portions portions) {
    this.paths = paths;
    this.columns = columns;
    this.portions = portions;
  }

  /**
   * Reads files at paths of any file system of Beam, all with the header that {@code columns} are
   * of. Each is read by one worker, different ones by all workers.
   */
  public static ReadCsv from(List<String> paths, Columns columns) {
    return new ReadCsv(paths, columns, Portions.usual());
  }

  /** Reads one file at a path of any file system of Beam. */
  public static ReadCsv from(String path, Columns columns) {
    return from(List.of(path), columns);
  }

  /** Goes on in another bundle after so many records at the most. */
  ReadCsv withRecordsAtOnce(long records) {
    return new ReadCsv(paths, columns, Portions.ofAtMost(records));
  }

  @Override
  public ReadResult expand(PBegin input) {
    return ReadResult.of(
        input
            .apply("Paths", Spread.of(paths, StringUtf8Coder.of()))
            .apply(
                "Records",
                ParDo.of(new ReadFn(columns, portions))
                    .withOutputTags(ReadResult.ROWS, ReadResult.SIDES)),
        columns.schema());
  }
}
