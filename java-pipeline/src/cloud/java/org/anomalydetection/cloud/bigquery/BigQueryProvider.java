package org.anomalydetection.cloud.bigquery;

import java.util.regex.Pattern;
import org.anomalydetection.tables.Tables;

/** Knows the tables of BigQuery. */
public final class BigQueryProvider implements Tables.Provider {
  /** A project's id, with the domain of old ones; a dataset; a table with room for another word. */
  private static final Pattern ADDRESS =
      Pattern.compile("(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]:\\w{1,1024}\\.[\\w-]{1,1000}");

  @Override
  public Tables at(String address) {
    if (!ADDRESS.matcher(address).matches()) {
      throw new IllegalArgumentException(
          "expected a table of BigQuery, as project:dataset.table, found " + address);
    }
    return new BigQueryTables(address, null);
  }
}
