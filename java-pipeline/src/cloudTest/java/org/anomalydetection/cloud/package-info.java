/** Tests of what only runs that reach for a cloud need. */
package org.anomalydetection.cloud;
