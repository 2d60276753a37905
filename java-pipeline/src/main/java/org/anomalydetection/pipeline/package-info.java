/** The command: options, the pipeline made from them, one run of it. */
package org.anomalydetection.pipeline;
