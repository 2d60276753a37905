package org.anomalydetection.summary;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.anomalydetection.duplicates.FindDuplicates;
import org.anomalydetection.review.Reviewed;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What a run's summary says of its scored rows, as one JSON text of {@link Counts}. */
public final class Tally extends Combine.CombineFn<Row, Tally.Accumulator, String> {
  private static final long serialVersionUID = 1L;
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** How many of the oddest rows the summary shows. */
  static final int SHOWN = 10;

  /** How many pairs of copies the summary shows. */
  static final int PAIRS = 5;

  private final @Nullable Reviewed reviewed;
  private final boolean copies;

  private Tally(@Nullable Reviewed reviewed, boolean copies) {
    this.reviewed = reviewed;
    this.copies = copies;
  }

  /**
   * Counts rows.
   *
   * @param reviewed which odd rows to leave out
   * @param copies whether the rows have the fields of {@link FindDuplicates}
   */
  public static Tally of(Optional<Reviewed> reviewed, boolean copies) {
    return new Tally(reviewed.orElse(null), copies);
  }

  /** The counts so far and the oddest rows so far. */
  public static final class Accumulator implements Serializable {
    private static final long serialVersionUID = 1L;

    private long scored;
    private long odd;
    private long ignored;
    private long copies;
    private long exact;
    private long first;
    private long last;
    private final ArrayList<OddRow> oddest = new ArrayList<>();
    private final TreeSet<Long> matched = new TreeSet<>();
    private final TreeSet<Counts.Pair> pairs = new TreeSet<>();

    private Times times() {
      return new Times(0, first, last);
    }

    void keep(Counts.Pair pair) {
      pairs.add(pair);
      if (pairs.size() > PAIRS) {
        pairs.pollLast();
      }
    }

    void keep(OddRow row) {
      if (oddest.size() == SHOWN && OddRow.ODDEST_FIRST.compare(row, oddest.get(SHOWN - 1)) >= 0) {
        return;
      }
      oddest.add(row);
      oddest.sort(OddRow.ODDEST_FIRST);
      if (oddest.size() > SHOWN) {
        oddest.remove(SHOWN);
      }
    }
  }

  @Override
  public Accumulator createAccumulator() {
    return new Accumulator();
  }

  @Override
  public Accumulator addInput(Accumulator tally, Row scored) {
    tally.scored++;
    tally.last = System.currentTimeMillis();
    if (tally.first == 0) {
      tally.first = tally.last;
    }
    if (copies) {
      countCopies(tally, scored);
    }
    List<Long> matched = reviewed == null ? List.of() : reviewed.matching(scored);
    if (!matched.isEmpty()) {
      tally.ignored++;
      tally.matched.addAll(matched);
      return tally;
    }
    if (scored.getInt64("label") == 1) {
      tally.odd++;
    }
    // Most rows are not among the oddest: their reasons need not be read.
    if (tally.oddest.size() < SHOWN
        || scored.getDouble("score") >= tally.oddest.get(SHOWN - 1).score()) {
      tally.keep(OddRow.of(scored));
    }
    return tally;
  }

  private static void countCopies(Accumulator tally, Row scored) {
    if (scored.getInt64(FindDuplicates.COUNT) == 0) {
      return;
    }
    boolean exact = scored.getInt64(FindDuplicates.EXACT) > 0;
    tally.copies++;
    tally.exact += exact ? 1 : 0;
    String id = scored.getString("id");
    String other = scored.<String>getArray(FindDuplicates.IDS).iterator().next();
    // Each pair comes from both of its rows.
    boolean first = id.compareTo(other) < 0;
    tally.keep(new Counts.Pair(first ? id : other, first ? other : id, exact));
  }

  @Override
  public Accumulator mergeAccumulators(Iterable<Accumulator> tallies) {
    Accumulator merged = createAccumulator();
    StreamSupport.stream(tallies.spliterator(), false)
        .forEach(
            tally -> {
              Times times = merged.times().and(tally.times());
              merged.first = times.firstScored();
              merged.last = times.lastScored();
              merged.scored += tally.scored;
              merged.odd += tally.odd;
              merged.ignored += tally.ignored;
              merged.copies += tally.copies;
              merged.exact += tally.exact;
              merged.matched.addAll(tally.matched);
              tally.oddest.forEach(merged::keep);
              tally.pairs.forEach(merged::keep);
            });
    return merged;
  }

  @Override
  public String extractOutput(Accumulator tally) {
    return json(
        new Counts(
            0,
            tally.scored,
            tally.odd,
            0,
            List.copyOf(tally.oddest),
            new Counts.Review(tally.ignored, tally.matched),
            new Counts.Copies(tally.copies, tally.exact, List.copyOf(tally.pairs)),
            tally.times()));
  }

  static String json(Counts counts) {
    try {
      return MAPPER.writeValueAsString(counts);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
