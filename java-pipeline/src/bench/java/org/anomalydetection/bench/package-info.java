/** Pipelines that `make bench` compares the product with; not part of the product. */
package org.anomalydetection.bench;
