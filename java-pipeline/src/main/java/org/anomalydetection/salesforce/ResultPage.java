package org.anomalydetection.salesforce;

import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A page of results, read but not yet given out.
 *
 * @param records as texts in the order of the query's fields
 * @param all how many records the results have; of the last page
 * @param next what the next page is known by, null after the last one
 */
record ResultPage(List<@Nullable String[]> records, long all, @Nullable String next) {}
