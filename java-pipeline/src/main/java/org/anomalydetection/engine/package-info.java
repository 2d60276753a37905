/** What a local run starts and ends: the runner, the Python service, the Java worker. */
package org.anomalydetection.engine;
