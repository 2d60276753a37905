package org.anomalydetection.parquet;

import java.io.Serializable;

/**
 * A row group of a file: what can be read apart from all others.
 *
 * @param path the file
 * @param index which of its groups it is, from 0
 * @param before how many rows of the file lie before it
 * @param rows how many rows it has
 */
record RowGroup(String path, int index, long before, long rows) implements Serializable {}
