package org.anomalydetection.salesforce;

import org.anomalydetection.source.PartTracker;

/** Keeps track of the time that was read. What is claimed is where a window ends. */
final class TimeTracker extends PartTracker<TimeSpan, TimePlace> {
  TimeTracker(TimeSpan span) {
    super(span, span.from(), span.end());
  }

  @Override
  protected long distance(TimePlace place) {
    return place.millis();
  }

  @Override
  protected TimeSpan part(TimePlace from, long end) {
    return new TimeSpan(from, end);
  }

  @Override
  protected String unread(TimePlace reached) {
    return String.format(
        "expected changes to be read up to their end, found them left at %d ms", reached.millis());
  }

  /** Returns what is behind and what is left up to now: what is still to come is no backlog. */
  @Override
  public Progress getProgress() {
    long from = currentRestriction().from().millis();
    long done = reached().millis();
    long end = Math.max(done, Math.min(currentRestriction().end(), System.currentTimeMillis()));
    return Progress.from((double) (done - from), (double) (end - done));
  }

  @Override
  public IsBounded isBounded() {
    return currentRestriction().isEndless() ? IsBounded.UNBOUNDED : IsBounded.BOUNDED;
  }
}
