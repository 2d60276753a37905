package org.anomalydetection.tables;

import java.util.List;
import java.util.ServiceLoader;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PDone;
import org.apache.beam.sdk.values.Row;

/**
 * A table of scored rows and one of errors beside it, in a warehouse whose libraries only runs that
 * write there have on their class path.
 */
public interface Tables {
  /** The stage of errors of rows that a table refused. */
  String STAGE = "write table";

  /**
   * Returns what writes scored rows, and gives an error for each one that the table refused.
   *
   * @param idColumn the name that the id has in the input
   * @param columns the input columns of the rows that an error shows beside the id, so that it can
   *     be replayed
   */
  PTransform<PCollection<Row>, PCollection<Row>> scored(String idColumn, List<String> columns);

  /** Returns what writes errors; one that the table refused is in the log. */
  PTransform<PCollection<Row>, PDone> errors();

  /** Knows the tables of a warehouse; found by {@link ServiceLoader}. */
  interface Provider {
    /**
     * Returns the tables at an address.
     *
     * @throws IllegalArgumentException if it is none
     */
    Tables at(String address);
  }

  /**
   * Returns the tables at an address.
   *
   * @throws IllegalArgumentException if it is none, or the libraries are not on the class path
   */
  static Tables at(String address) {
    return ServiceLoader.load(Provider.class)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected the libraries for clouds on the class path, found none for tables;"
                        + " `make cloud` installs them"))
        .at(address);
  }
}
