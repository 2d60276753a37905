/** Finds rows that were entered twice: equal in all that says what they are. */
package org.anomalydetection.duplicates;
