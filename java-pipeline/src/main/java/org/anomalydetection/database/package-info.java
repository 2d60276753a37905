/** Rows in tables of PostgreSQL. */
package org.anomalydetection.database;
