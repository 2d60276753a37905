package org.anomalydetection.summary;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.List;

/**
 * What a run counted.
 *
 * @param read records of the input, good and bad
 * @param scored rows scored
 * @param odd scored rows that are labelled as outliers
 * @param errors rows in error, when read or when scored
 * @param oddest the oddest rows, oddest first
 */
public record Counts(long read, long scored, long odd, long errors, List<OddRow> oddest) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Adds up the lines that {@link CountRows} wrote. */
  public static Counts read(Reader lines) throws IOException {
    Counts sum = new Counts(0, 0, 0, 0, List.of());
    BufferedReader reader = new BufferedReader(lines);
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      sum = sum.plus(MAPPER.readValue(line, Counts.class));
    }
    return sum;
  }

  /** Tells whether every record came out once, scored or in error. */
  public boolean addsUp() {
    return read == scored + errors;
  }

  private Counts plus(Counts other) {
    return new Counts(
        read + other.read,
        scored + other.scored,
        odd + other.odd,
        errors + other.errors,
        oddest.isEmpty() ? other.oddest : oddest);
  }
}
