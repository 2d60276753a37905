package org.anomalydetection.output;

import org.apache.beam.sdk.io.TextIO;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;

/** Writes JSON texts as lines of the files {@code PREFIX-*.jsonl}. */
public final class WriteJsonLines extends PTransform<PCollection<String>, PDone> {
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
  public PDone expand(PCollection<String> lines) {
    return lines.apply(TextIO.write().to(prefix).withSuffix(".jsonl"));
  }
}
