/** Runs on Dataflow. */
package org.anomalydetection.cloud.dataflow;
