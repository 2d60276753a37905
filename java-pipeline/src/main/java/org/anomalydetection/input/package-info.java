/** Files as a source of rows: which there are, and whether they belong together. */
package org.anomalydetection.input;
