package org.anomalydetection.salesforce;

import java.io.Serializable;

/**
 * The restriction of the splittable DoFn that reads results: a part of them, as whole pages.
 *
 * @param from where it begins
 * @param end how many pages lie before its end; those of {@link PagePosition#END} where it is all
 *     that follows
 */
record Pages(PagePosition from, long end) implements Serializable {
  /** All results. */
  static final Pages ALL = new Pages(PagePosition.START, PagePosition.END.pages());
}
