package org.anomalydetection.summary;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.anomalydetection.duplicates.FindDuplicates;
import org.anomalydetection.review.Reviewed;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.Row;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What a run's summary says of scored rows: one line of {@link Counts} for each bundle. */
public final class Tally extends DoFn<Row, String> {
  private static final long serialVersionUID = 1L;

  private final @Nullable Reviewed reviewed;
  private final boolean copies;
  private transient Bundle bundle;

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

  @StartBundle
  public void startBundle() {
    bundle = new Bundle();
  }

  @ProcessElement
  public void process(@Element Row scored) {
    bundle.add(scored);
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) {
    context.output(
        bundle.counts().json(), BoundedWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE);
  }

  /** Begins a bundle. */
  Bundle bundle() {
    return new Bundle();
  }

  /** The rows of a bundle so far. */
  final class Bundle {
    private long odd;
    private long ignored;
    private long copied;
    private long exact;
    private long first;
    private long last;
    private List<OddRow> oddest = new ArrayList<>();
    private final TreeSet<Long> matched = new TreeSet<>();
    private List<Counts.Pair> pairs = new ArrayList<>();

    private Bundle() {}

    void add(Row scored) {
      last = System.currentTimeMillis();
      if (first == 0) {
        first = last;
      }
      if (copies) {
        addCopies(scored);
      }
      List<Long> lines = reviewed == null ? List.of() : reviewed.matching(scored);
      if (!lines.isEmpty()) {
        ignored++;
        matched.addAll(lines);
        return;
      }
      if (scored.getInt64("label") == 1) {
        odd++;
      }
      // Most rows are not among the oddest: their reasons need not be read.
      if (oddest.size() < Counts.SHOWN
          || scored.getDouble("score") >= oddest.get(Counts.SHOWN - 1).score()) {
        oddest = Counts.oddest(oddest, List.of(OddRow.of(scored)));
      }
    }

    private void addCopies(Row scored) {
      if (scored.getInt64(FindDuplicates.COUNT) == 0) {
        return;
      }
      boolean equal = scored.getInt64(FindDuplicates.EXACT) > 0;
      copied++;
      exact += equal ? 1 : 0;
      String id = scored.getString("id");
      String other = scored.<String>getArray(FindDuplicates.IDS).iterator().next();
      // Each pair comes from both of its rows.
      boolean before = id.compareTo(other) < 0;
      Counts.Pair pair = new Counts.Pair(before ? id : other, before ? other : id, equal);
      pairs = Counts.first(pairs, List.of(pair));
    }

    Counts counts() {
      return Counts.NONE
          .withOdd(odd, oddest)
          .withReview(new Counts.Review(ignored, matched))
          .withCopies(new Counts.Copies(copied, exact, pairs))
          .withTimes(new Times(0, first, last));
    }
  }
}
