/** Counts rows while a run goes on. */
package org.anomalydetection.metrics;
