/** What runs beside any cluster: a job service of Beam, and the agent that keeps it to itself. */
package org.anomalydetection.cluster;
