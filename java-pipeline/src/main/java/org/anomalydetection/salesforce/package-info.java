/** A source of Beam that reads the records of Salesforce, once or as they change. */
package org.anomalydetection.salesforce;
