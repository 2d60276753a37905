/** Tests on a PostgreSQL of their own. */
package org.anomalydetection.integration.database;
