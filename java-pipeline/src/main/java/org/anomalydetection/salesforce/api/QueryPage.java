package org.anomalydetection.salesforce.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * A page of what a REST query found.
 *
 * @param totalSize how many records the query found on all pages
 * @param done whether this is the last page
 * @param records the records, each a JSON object; parents are objects in it
 * @param next where the next page is, null after the last one
 * @param bytes how large the answer was
 */
public record QueryPage(
    long totalSize, boolean done, List<JsonNode> records, @Nullable String next, long bytes) {}
