package org.anomalydetection.csv;

import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Keeps track of how far a part of a file was read. What is claimed is where the next record ends,
 * or {@link Position#END} where there is none. All that is left of the part can be taken away, for
 * another bundle; less cannot, since where its records begin is known only by reading up to there.
 */
final class FilePartTracker extends RestrictionTracker<FilePart, Position> {
  private FilePart part;
  private Position reached;

  FilePartTracker(FilePart part) {
    this.part = part;
    this.reached = part.from();
  }

  @Override
  public boolean tryClaim(Position end) {
    if (end.bytes() > part.end()) {
      return false;
    }
    reached = end;
    return true;
  }

  @Override
  public FilePart currentRestriction() {
    return part;
  }

  @Override
  public @Nullable SplitResult<FilePart> trySplit(double fractionOfRemainder) {
    if (fractionOfRemainder != 0 || isDone()) {
      return null;
    }
    FilePart rest = new FilePart(reached, part.end());
    part = new FilePart(part.from(), reached.bytes());
    return SplitResult.of(part, rest);
  }

  @Override
  public void checkDone() {
    if (!isDone()) {
      throw new IllegalStateException(
          String.format(
              "expected a file to be read to its end, found it left after record %d",
              reached.records()));
    }
  }

  private boolean isDone() {
    return reached.bytes() >= part.end();
  }

  @Override
  public IsBounded isBounded() {
    return IsBounded.BOUNDED;
  }
}
