package org.anomalydetection.salesforce.api;

import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A page of a job's results, checked to be whole.
 *
 * @param csv a text with a header, every cell quoted, lines ended by LF
 * @param records how many records it holds
 * @param locator names the next page, null after the last one; good while the job lives, 7 days
 */
public record BulkPage(String csv, long records, @Nullable String locator) {}
