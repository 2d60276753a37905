package org.anomalydetection.source;

import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;

/**
 * Where the rows of a run come from.
 *
 * @param name what messages call it
 * @param columns the columns of its rows
 * @param read what reads it
 */
public record Source(String name, Columns columns, PTransform<PBegin, ReadResult> read) {}
