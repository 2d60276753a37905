/** Writes scored rows and errors as JSON Lines, CSV or Parquet. */
package org.anomalydetection.output;
