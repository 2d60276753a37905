package org.anomalydetection.salesforce;

import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.transforms.splittabledofn.OffsetRangeTracker;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Keeps track of the time that was read, in milliseconds since 1970; without an end where the range
 * ends with the greatest number. A window is claimed by its last millisecond, so what is taken away
 * begins behind the last window: from the middle of what is left, it would leave a gap before it
 * that nobody reads.
 */
final class TimeTracker extends OffsetRangeTracker {
  TimeTracker(OffsetRange range) {
    super(range);
  }

  @Override
  public @Nullable SplitResult<OffsetRange> trySplit(double fractionOfRemainder) {
    return fractionOfRemainder == 0 ? super.trySplit(0) : null;
  }

  /** Returns what is behind and what is left up to now: what is still to come is no backlog. */
  @Override
  public Progress getProgress() {
    long done = lastAttemptedOffset == null ? range.getFrom() : lastAttemptedOffset + 1;
    long end = Math.max(done, Math.min(range.getTo(), System.currentTimeMillis()));
    return Progress.from((double) (done - range.getFrom()), (double) (end - done));
  }

  @Override
  public IsBounded isBounded() {
    return range.getTo() == Long.MAX_VALUE ? IsBounded.UNBOUNDED : IsBounded.BOUNDED;
  }
}
