package org.anomalydetection.cloud.stores;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.anomalydetection.files.ConditionalStore;
import org.apache.beam.sdk.extensions.gcp.options.GcsOptions;
import org.apache.beam.sdk.io.aws2.options.S3Options;
import org.apache.beam.sdk.options.PipelineOptions;

/** The stores as options name them, each with one client that is made when it is needed. */
final class Stores {
  private final PipelineOptions options;
  private final Map<String, ConditionalStore> made = new ConcurrentHashMap<>();

  Stores(PipelineOptions options) {
    this.options = options;
  }

  ConditionalStore s3() {
    return made.computeIfAbsent("s3", scheme -> new S3Objects(options.as(S3Options.class)));
  }

  ConditionalStore gcs() {
    return made.computeIfAbsent("gs", scheme -> new GcsObjects(options.as(GcsOptions.class)));
  }
}
