/** Records that went to errors, read again once they are mended. */
package org.anomalydetection.replay;
