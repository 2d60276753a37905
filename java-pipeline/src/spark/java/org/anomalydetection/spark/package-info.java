/** Beam's job service in front of a Spark cluster, whose driver it is. */
package org.anomalydetection.spark;
