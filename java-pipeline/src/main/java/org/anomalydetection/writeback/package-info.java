/** Writes scores to the opportunities that they are of, where people look at them. */
package org.anomalydetection.writeback;
