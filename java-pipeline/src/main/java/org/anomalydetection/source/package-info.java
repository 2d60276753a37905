/** What all sources of rows have in common: columns, results, errors. */
package org.anomalydetection.source;
