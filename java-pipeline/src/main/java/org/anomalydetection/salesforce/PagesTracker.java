package org.anomalydetection.salesforce;

import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Keeps track of how far results were read. What is claimed is where a page ends. All that is left
 * can be taken away, for another bundle; less cannot, since only a page tells what the next one is
 * called.
 */
final class PagesTracker extends RestrictionTracker<Pages, PagePosition> {
  private Pages part;
  private PagePosition reached;

  PagesTracker(Pages part) {
    this.part = part;
    this.reached = part.from();
  }

  @Override
  public boolean tryClaim(PagePosition end) {
    if (end.pages() > part.end()) {
      return false;
    }
    reached = end;
    return true;
  }

  @Override
  public Pages currentRestriction() {
    return part;
  }

  @Override
  public @Nullable SplitResult<Pages> trySplit(double fractionOfRemainder) {
    if (fractionOfRemainder != 0 || isDone()) {
      return null;
    }
    Pages rest = new Pages(reached, part.end());
    part = new Pages(part.from(), reached.pages());
    return SplitResult.of(part, rest);
  }

  @Override
  public void checkDone() {
    if (!isDone()) {
      throw new IllegalStateException(
          String.format(
              "expected results to be read to their end, found them left after page %d",
              reached.pages()));
    }
  }

  private boolean isDone() {
    return reached.pages() >= part.end();
  }

  @Override
  public IsBounded isBounded() {
    return IsBounded.BOUNDED;
  }
}
