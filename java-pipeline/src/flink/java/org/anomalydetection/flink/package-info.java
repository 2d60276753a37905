/** Beam's job service in front of a Flink cluster that has Beam's classes on its own class path. */
package org.anomalydetection.flink;
