package org.anomalydetection.summary;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.anomalydetection.source.TallCells;

/**
 * What a run counted, or a part of it.
 *
 * @param read records of the input, good and bad
 * @param scored rows scored
 * @param odd scored rows that are labelled as outliers and not ignored
 * @param errors rows in error, when read, when scored, when written back or to a table
 * @param oddest the oddest rows, oddest first
 * @param review the odd rows that were left out of those, since somebody has reviewed them
 * @param copies the rows that look like copies of others
 * @param times when rows were read and scored
 * @param files where the rows were written
 * @param writeBack what became of the scored rows whose values are written back
 * @param refused scored rows that a table refused
 * @param firstBad the first rows in error, in the order of the sources
 * @param tall cells that may hold records, once for each file, in the order of their names
 */
public record Counts(
    long read,
    long scored,
    long odd,
    long errors,
    List<OddRow> oddest,
    Review review,
    Copies copies,
    Times times,
    Files files,
    WriteBackCounts writeBack,
    long refused,
    List<BadRow> firstBad,
    List<TallCells> tall) {
  /** How many of the oddest rows the summary shows. */
  static final int SHOWN = 10;

  /** How many pairs of copies the summary shows. */
  static final int PAIRS = 5;

  /** How many rows in error the summary shows. */
  static final int BAD = 3;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Nothing counted. */
  static final Counts NONE = new Counts(0, 0, 0, 0, List.of());

  /** Counts of rows alone. */
  public Counts(long read, long scored, long odd, long errors, List<OddRow> oddest) {
    this(
        read,
        scored,
        odd,
        errors,
        oddest,
        Review.NONE,
        Copies.NONE,
        Times.NONE,
        Files.NONE,
        WriteBackCounts.NONE,
        0,
        List.of(),
        List.of());
  }

  /**
   * Odd rows that somebody has reviewed.
   *
   * @param ignored how many there are
   * @param matched the numbers of the lines that they match in the file of what was reviewed
   */
  public record Review(long ignored, Set<Long> matched) {
    static final Review NONE = new Review(0, Set.of());

    private Review and(Review other) {
      Set<Long> all = new TreeSet<>(matched);
      all.addAll(other.matched);
      return new Review(ignored + other.ignored, all);
    }
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

    private Copies and(Copies other) {
      return new Copies(rows + other.rows, exact + other.exact, first(pairs, other.pairs));
    }
  }

  /** A row and one that looks like a copy of it. */
  public record Pair(String original, String copy, boolean exact)
      implements Comparable<Pair>, Serializable {
    @Override
    public int compareTo(Pair other) {
      return Comparator.comparing(Pair::original).thenComparing(Pair::copy).compare(this, other);
    }
  }

  /**
   * Where the rows were written.
   *
   * @param scored the names of the files of scored rows
   * @param errors the names of the files of rows in error
   */
  public record Files(List<String> scored, List<String> errors) {
    static final Files NONE = new Files(List.of(), List.of());

    private Files and(Files other) {
      return new Files(all(scored, other.scored), all(errors, other.errors));
    }

    private static List<String> all(List<String> names, List<String> others) {
      return Stream.concat(names.stream(), others.stream()).toList();
    }
  }

  /** Adds up the lines that {@link CountRows} made. */
  public static Counts read(Reader lines) throws IOException {
    Counts sum = NONE;
    BufferedReader reader = new BufferedReader(lines);
    for (String line = reader.readLine(); line != null; line = reader.readLine()) {
      sum = sum.and(MAPPER.readValue(line, Counts.class));
    }
    return sum;
  }

  /** Returns a line of what was written back. */
  public static String lineOf(WriteBackCounts counts) {
    return NONE.withWriteBack(counts).json();
  }

  /** Returns the counts as a line. */
  String json() {
    try {
      return MAPPER.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  Counts withOdd(long changed, List<OddRow> shown) {
    return new Counts(
        read, scored, changed, errors, shown, review, copies, times, files, writeBack, refused,
        firstBad, tall);
  }

  Counts withReview(Review changed) {
    return new Counts(
        read, scored, odd, errors, oddest, changed, copies, times, files, writeBack, refused,
        firstBad, tall);
  }

  Counts withCopies(Copies changed) {
    return new Counts(
        read, scored, odd, errors, oddest, review, changed, times, files, writeBack, refused,
        firstBad, tall);
  }

  Counts withTimes(Times changed) {
    return new Counts(
        read, scored, odd, errors, oddest, review, copies, changed, files, writeBack, refused,
        firstBad, tall);
  }

  Counts withFiles(Files changed) {
    return new Counts(
        read, scored, odd, errors, oddest, review, copies, times, changed, writeBack, refused,
        firstBad, tall);
  }

  Counts withWriteBack(WriteBackCounts changed) {
    return new Counts(
        read, scored, odd, errors, oddest, review, copies, times, files, changed, refused, firstBad,
        tall);
  }

  Counts withRefused(long changed) {
    return new Counts(
        read, scored, odd, errors, oddest, review, copies, times, files, writeBack, changed,
        firstBad, tall);
  }

  Counts withFirstBad(List<BadRow> changed) {
    return new Counts(
        read, scored, odd, errors, oddest, review, copies, times, files, writeBack, refused,
        changed, tall);
  }

  Counts withTall(List<TallCells> changed) {
    return new Counts(
        read, scored, odd, errors, oddest, review, copies, times, files, writeBack, refused,
        firstBad, changed);
  }

  /**
   * Returns the rows in error that are not among the scored ones: those that could not be written
   * back or to a table stand in both files.
   */
  public long notScored() {
    return errors - writeBack.failed() - refused;
  }

  /** Tells whether every record came out once, scored or in error. */
  public boolean addsUp() {
    return read == scored + notScored();
  }

  /** Tells whether there were rows, and none of them could be scored. */
  public boolean nothingScored() {
    return read > 0 && scored == 0;
  }

  /** Returns which share of the scored rows is odd, 0 of none. */
  public double oddShare() {
    return scored == 0 ? 0 : (double) odd / scored;
  }

  /** Returns the oddest rows of both, oddest first. */
  static List<OddRow> oddest(List<OddRow> rows, List<OddRow> others) {
    return Stream.concat(rows.stream(), others.stream())
        .sorted(OddRow.ODDEST_FIRST)
        .limit(SHOWN)
        .toList();
  }

  /** Returns the first rows in error of both. */
  static List<BadRow> firstBad(List<BadRow> rows, List<BadRow> others) {
    return Stream.concat(rows.stream(), others.stream())
        .sorted(BadRow.IN_ORDER)
        .limit(BAD)
        .toList();
  }

  private static List<TallCells> tall(List<TallCells> cells, List<TallCells> others) {
    Map<String, TallCells> files = new TreeMap<>();
    Stream.concat(cells.stream(), others.stream())
        .forEach(one -> files.merge(one.source(), one, TallCells::and));
    return List.copyOf(files.values());
  }

  /** Returns the first pairs of both. */
  static List<Pair> first(List<Pair> pairs, List<Pair> others) {
    return Stream.concat(pairs.stream(), others.stream())
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .limit(PAIRS)
        .toList();
  }

  private Counts and(Counts other) {
    return new Counts(
        read + other.read,
        scored + other.scored,
        odd + other.odd,
        errors + other.errors,
        oddest(oddest, other.oddest),
        review.and(other.review),
        copies.and(other.copies),
        times.and(other.times),
        files.and(other.files),
        writeBack.and(other.writeBack),
        refused + other.refused,
        firstBad(firstBad, other.firstBad),
        tall(tall, other.tall));
  }
}
