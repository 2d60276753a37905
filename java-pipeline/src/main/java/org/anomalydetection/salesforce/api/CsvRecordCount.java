package org.anomalydetection.salesforce.api;

/**
 * Counts the records of a CSV of Salesforce, as RFC 4180 has it: cells in quotes hold line ends.
 */
final class CsvRecordCount {
  private CsvRecordCount() {}

  /**
   * Returns how many records stand behind the header, if there is one; -1 if the text ends within a
   * cell, or a record has other cells than the header.
   */
  static long of(byte[] csv) {
    boolean quoted = false;
    long lines = 0;
    int width = 0;
    int cells = 1;
    for (int i = 0; i < csv.length; i++) {
      byte one = csv[i];
      if (one == '"') {
        // A doubled quote ends a cell and goes on with it.
        quoted = !quoted;
      } else if (one == ',' && !quoted) {
        cells++;
      }
      if ((one == '\n' && !quoted) || i == csv.length - 1) {
        width = lines == 0 ? cells : width;
        if (quoted || cells != width) {
          return -1;
        }
        lines++;
        cells = 1;
      }
    }
    return Math.max(0, lines - 1);
  }
}
