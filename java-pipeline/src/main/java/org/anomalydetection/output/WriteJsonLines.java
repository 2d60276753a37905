package org.anomalydetection.output;

import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.WriteFiles;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.Row;

/** Writes rows as lines of the files {@code PREFIX-*.jsonl}, each a JSON object. */
public final class WriteJsonLines extends PTransform<PCollection<Row>, PDone> {
  private static final long serialVersionUID = 1L;

  private final String prefix;

  private WriteJsonLines(String prefix) {
    this.prefix = prefix;
  }

  /** Writes to files whose paths begin like this. */
  public static WriteJsonLines to(String prefix) {
    return new WriteJsonLines(prefix);
  }

  @Override
  public PDone expand(PCollection<Row> rows) {
    ResourceId place = FileSystems.matchNewResource(prefix, false);
    rows.apply(WriteFiles.to(new JsonLinesFiles(place, rows.getSchema())));
    return PDone.in(rows.getPipeline());
  }
}
