/** Tests that start programs with the libraries for clouds on their class path. */
package org.anomalydetection.integration.cloud;
