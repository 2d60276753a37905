/** Tests of tables of BigQuery, with Beam's own stand-in for it. */
package org.anomalydetection.cloud.bigquery;
