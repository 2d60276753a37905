package org.anomalydetection.summary;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * What a run counted.
 *
 * @param read records of the input, good and bad
 * @param scored rows scored
 * @param odd scored rows that are labelled as outliers and not ignored
 * @param errors rows in error, when read or when scored
 * @param oddest the oddest rows, oddest first
 * @param review the odd rows that were left out of those, since somebody has reviewed them
 * @param copies the rows that look like copies of others
 * @param times when rows were read and scored
 */
public record Counts(
    long read,
    long scored,
    long odd,
    long errors,
    List<OddRow> oddest,
    Review review,
    Copies copies,
    Times times) {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Counts without reviewed rows, copies and times. */
  public Counts(long read, long scored, long odd, long errors, List<OddRow> oddest) {
    this(read, scored, odd, errors, oddest, Review.NONE, Copies.NONE, Times.NONE);
  }

  /**
   * Odd rows that somebody has reviewed.
   *
   * @param ignored how many there are
   * @param matched the numbers of the lines that they match in the file of what was reviewed
   */
  public record Review(long ignored, Set<Long> matched) {
    static final Review NONE = new Review(0, Set.of());
  }

  /**
   * Rows that look like copies of others.
   *
   * @param rows how many there are
   * @param exact how many of them equal another in all amounts too
   * @param pairs the first of them, by id
   */
  public record Copies(long rows, long exact, List<Pair> pairs) {
    static final Copies NONE = new Copies(0, 0, List.of());
  }

  /** A row and one that looks like a copy of it. */
  public record Pair(String original, String copy, boolean exact)
      implements Comparable<Pair>, Serializable {
    @Override
    public int compareTo(Pair other) {
      return Comparator.comparing(Pair::original).thenComparing(Pair::copy).compare(this, other);
    }
  }

  /** Adds up the lines that {@link CountRows} wrote. */
  public static Counts read(Reader lines) throws IOException {
    Counts sum = new Counts(0, 0, 0, 0, List.of());
    BufferedReader reader = new BufferedReader(lines);
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      sum = sum.plus(MAPPER.readValue(line, Counts.class));
    }
    return sum;
  }

  /** Returns these counts with other times. */
  Counts withTimes(Times changed) {
    return new Counts(read, scored, odd, errors, oddest, review, copies, changed);
  }

  /** Tells whether every record came out once, scored or in error. */
  public boolean addsUp() {
    return read == scored + errors;
  }

  /** Returns which share of the scored rows is odd, 0 of none. */
  public double oddShare() {
    return scored == 0 ? 0 : (double) odd / scored;
  }

  private Counts plus(Counts other) {
    return new Counts(
        read + other.read,
        scored + other.scored,
        odd + other.odd,
        errors + other.errors,
        oddest.isEmpty() ? other.oddest : oddest,
        review.equals(Review.NONE) ? other.review : review,
        copies.equals(Copies.NONE) ? other.copies : copies,
        times.and(other.times));
  }
}
