package org.anomalydetection.output;

import java.io.Serializable;

/**
 * A file that a bundle has written of one window.
 *
 * @param file its name; files in the order of their names are in the order they were begun
 * @param rows how many rows it holds
 */
public record Written(String file, long rows) implements Serializable {}
