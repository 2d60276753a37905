package org.anomalydetection.salesforce;

import org.anomalydetection.source.PartTracker;

/** Keeps track of how far results were read. What is claimed is where a page ends. */
final class PagesTracker extends PartTracker<Pages, PagePosition> {
  PagesTracker(Pages part) {
    super(part, part.from(), part.end());
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
}
