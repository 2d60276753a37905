/** Writes scored rows and errors as JSON Lines. */
package org.anomalydetection.output;
