/** What a sink of tables has to do that is not on every class path. */
package org.anomalydetection.tables;
