/** The Python transform as a transform of Java. */
package org.anomalydetection.transform;
