package org.anomalydetection.salesforce.api;

/**
 * Counts the records of a CSV of Salesforce, as RFC 4180 has it: cells in quotes hold line ends.
 */
final class CsvRecordCount {
  private CsvRecordCount() {}

  /**
   * Returns how many records stand behind the header, if there is one; -1 if the text ends within a
   * cell.
   */
  static long of(byte[] csv) {
    boolean quoted = false;
    long lines = 0;
    for (byte one : csv) {
      if (one == '"') {
        // A doubled quote ends a cell and goes on with it.
        quoted = !quoted;
      } else if (one == '\n' && !quoted) {
        lines++;
      }
    }
    if (quoted) {
      return -1;
    }
    return csv.length == 0 || csv[csv.length - 1] != '\n' ? lines : lines - 1;
  }
}
