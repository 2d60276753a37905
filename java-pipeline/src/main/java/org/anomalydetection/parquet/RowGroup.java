package org.anomalydetection.parquet;

import java.io.Serializable;
import org.anomalydetection.files.FileVersion;

/**
 * A row group of a file: what can be read apart from all others.
 *
 * @param path where the file is
 * @param file the file as it was when its footer was read
 * @param index which of its groups it is, from 0
 * @param before how many rows of the file lie before it
 * @param rows how many rows it has
 */
record RowGroup(String path, FileVersion file, int index, long before, long rows)
    implements Serializable {}
