/** Says what a run did: counts, the oddest rows, progress. */
package org.anomalydetection.summary;
