package org.anomalydetection.csv;

import org.anomalydetection.source.PartTracker;

/**
 * Keeps track of how far a part of a file was read. What is claimed is where the next record ends,
 * or {@link Position#END} where there is none.
 */
final class FilePartTracker extends PartTracker<FilePart, Position> {
  FilePartTracker(FilePart part) {
    super(part, part.from(), part.end());
  }

  @Override
  protected long distance(Position place) {
    return place.bytes();
  }

  @Override
  protected FilePart part(Position from, long end) {
    return new FilePart(currentRestriction().file(), from, end);
  }

  @Override
  protected String unread(Position reached) {
    return String.format(
        "expected a file to be read to its end, found it left after record %d", reached.records());
  }

  /** Returns how many bytes are behind and how many are left, which tells runners the size. */
  @Override
  public Progress getProgress() {
    FilePart part = currentRestriction();
    long from = part.from().bytes();
    long end = Math.max(from, Math.min(part.end(), part.file().bytes()));
    long done = Math.min(reached().bytes(), end);
    return Progress.from((double) (done - from), (double) (end - done));
  }
}
