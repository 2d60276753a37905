/** Rows as blocks of packed columns and back: {@code contract/columns.md}. */
package org.anomalydetection.columns;
