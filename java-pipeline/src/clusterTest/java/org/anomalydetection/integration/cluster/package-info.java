/** Processes that are started with the agent. */
package org.anomalydetection.integration.cluster;
