/**
 * Reads Parquet files: every record becomes a row or an error, as the same cells of a CSV would.
 */
package org.anomalydetection.parquet;
