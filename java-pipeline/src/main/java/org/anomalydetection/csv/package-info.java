/** Reads CSV files: every record becomes a row or an error. */
package org.anomalydetection.csv;
