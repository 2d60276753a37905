/**
 * Runs that never end: windows of rows, committed one after the other, and the position between.
 */
package org.anomalydetection.follow;
