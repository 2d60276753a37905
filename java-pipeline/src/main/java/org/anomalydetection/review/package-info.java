/** What people have reviewed, and need not be told of again. */
package org.anomalydetection.review;
