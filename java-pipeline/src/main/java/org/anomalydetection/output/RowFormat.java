package org.anomalydetection.output;

import java.util.Locale;
import org.apache.beam.sdk.schemas.Schema;

/** How rows are put into files. */
public enum RowFormat {
  /** JSON Lines. */
  JSONL("application/jsonl") {
    @Override
    RowFiles files(Schema schema) {
      return new JsonLines(schema);
    }
  };

  private final String mediaType;

  RowFormat(String mediaType) {
    this.mediaType = mediaType;
  }

  /** Returns the end of the files' names, behind the point: the word for the format as well. */
  public String extension() {
    return name().toLowerCase(Locale.ROOT);
  }

  String mediaType() {
    return mediaType;
  }

  /**
   * Prepares to write rows of a schema.
   *
   * @throws IllegalArgumentException if a field is of a type that the contract has not
   */
  abstract RowFiles files(Schema schema);
}
