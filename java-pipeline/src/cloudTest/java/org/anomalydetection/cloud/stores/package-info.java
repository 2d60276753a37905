/** Tests of what object stores can do that Beam's file systems do not ask of them. */
package org.anomalydetection.cloud.stores;
