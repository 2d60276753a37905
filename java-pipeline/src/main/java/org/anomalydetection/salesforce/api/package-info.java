/**
 * Salesforce's HTTP interface: logging in, REST queries and Bulk API 2.0, with what may go wrong.
 */
package org.anomalydetection.salesforce.api;
