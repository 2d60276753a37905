package org.anomalydetection.salesforce;

import org.anomalydetection.source.PartTracker;

/** Keeps track of how far results were read. What is claimed is where a page ends. */
final class PagesTracker extends PartTracker<Pages, PagePosition> {
  private final long records;

  /**
   * @param records how many the results have, 0 where that is not known
   */
  PagesTracker(Pages part, long records) {
    super(part, part.from(), part.end());
    this.records = records;
  }

  @Override
  protected long distance(PagePosition place) {
    return place.pages();
  }

  @Override
  protected Pages part(PagePosition from, long end) {
    return new Pages(from, end);
  }

  @Override
  protected String unread(PagePosition reached) {
    return String.format(
        "expected results to be read to their end, found them left after page %d", reached.pages());
  }

  /**
   * Returns how many records are behind and how many are left, which tells runners the size; where
   * nobody knows how many there are, one is left to the end.
   */
  @Override
  public Progress getProgress() {
    long from = currentRestriction().from().records();
    long done = reached().equals(PagePosition.END) ? Math.max(from, records) : reached().records();
    long left = isDone() ? 0 : Math.max(1, records - done);
    return Progress.from((double) (done - from), (double) left);
  }
}
