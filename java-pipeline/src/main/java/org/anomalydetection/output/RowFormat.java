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
  },

  /** RFC 4180 in UTF-8 with a header; lists are JSON text, nulls are empty. */
  CSV("text/csv") {
    @Override
    RowFiles files(Schema schema) {
      return new CsvFiles(schema);
    }
  },

  /** Parquet, compressed by Snappy; lists are lists. */
  PARQUET("application/vnd.apache.parquet") {
    @Override
    RowFiles files(Schema schema) {
      return new ParquetFiles(schema);
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
