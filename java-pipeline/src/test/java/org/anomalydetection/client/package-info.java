/** The Java client of the contract tests. */
package org.anomalydetection.client;
