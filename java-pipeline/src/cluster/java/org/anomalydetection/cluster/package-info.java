/** What runs beside any cluster: a job service of Beam, and the agent that mends its servers. */
package org.anomalydetection.cluster;
