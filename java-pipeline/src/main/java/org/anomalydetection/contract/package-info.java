/** The contract of the two languages: names, schemas, aliases and formats. */
package org.anomalydetection.contract;
