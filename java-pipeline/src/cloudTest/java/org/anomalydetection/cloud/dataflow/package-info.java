/** Tests of what is made for Dataflow. */
package org.anomalydetection.cloud.dataflow;
