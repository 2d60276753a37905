package org.anomalydetection.source;

import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Keeps track of how far a part of something was read that can only be read in order. What is
 * claimed is the place behind what is read next. All that is left of the part can be taken away,
 * for another bundle; less cannot, since only reading up to a place tells where it is.
 *
 * @param <PartT> a part, from a place up to a distance from the beginning
 * @param <PlaceT> a place
 */
public abstract class PartTracker<PartT, PlaceT> extends RestrictionTracker<PartT, PlaceT>
    implements RestrictionTracker.HasProgress {
  private final PlaceT begin;
  private PlaceT reached;
  private PartT part;
  private long end;

  /**
   * Begins with a part.
   *
   * @param begin where it begins
   * @param end how far from the beginning of all it ends
   */
  protected PartTracker(PartT part, PlaceT begin, long end) {
    this.part = part;
    this.begin = begin;
    this.reached = begin;
    this.end = end;
  }

  /** Returns how far a place is from the beginning of all. */
  protected abstract long distance(PlaceT place);

  /** Returns how far it was read. */
  protected final PlaceT reached() {
    return reached;
  }

  /** Returns the part between a place and a distance. */
  protected abstract PartT part(PlaceT from, long end);

  /** Returns what is said when a part is given up at a place before its end. */
  protected abstract String unread(PlaceT reached);

  @Override
  public final boolean tryClaim(PlaceT place) {
    if (distance(place) > end) {
      return false;
    }
    reached = place;
    return true;
  }

  @Override
  public final PartT currentRestriction() {
    return part;
  }

  @Override
  public final @Nullable SplitResult<PartT> trySplit(double fractionOfRemainder) {
    if (fractionOfRemainder != 0 || isDone()) {
      return null;
    }
    PartT rest = part(reached, end);
    end = distance(reached);
    part = part(begin, end);
    return SplitResult.of(part, rest);
  }

  @Override
  public final void checkDone() {
    if (!isDone()) {
      throw new IllegalStateException(unread(reached));
    }
  }

  /** Tells whether it was read to its end. */
  protected final boolean isDone() {
    return distance(reached) >= end;
  }

  @Override
  public IsBounded isBounded() {
    return IsBounded.BOUNDED;
  }
}
