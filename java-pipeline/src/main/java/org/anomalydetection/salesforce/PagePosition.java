package org.anomalydetection.salesforce;

import java.io.Serializable;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A place between two pages of results.
 *
 * @param pages how many pages lie before it
 * @param records how many records lie before it
 * @param locator what Salesforce calls the page behind it, or the last id before it where pages are
 *     read in the order of ids; null for the first one
 */
record PagePosition(long pages, long records, @Nullable String locator) implements Serializable {
  /** Before the first page. */
  static final PagePosition START = new PagePosition(0, 0, null);

  /** Behind the last page of any results. */
  static final PagePosition END = new PagePosition(Long.MAX_VALUE, Long.MAX_VALUE, null);
}
