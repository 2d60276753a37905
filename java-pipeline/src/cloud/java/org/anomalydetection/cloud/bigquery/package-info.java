/** Rows in tables of BigQuery, by its Storage Write API. */
package org.anomalydetection.cloud.bigquery;
