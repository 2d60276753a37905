package org.anomalydetection.cloud.stores;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.FileSystemRegistrar;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * Learns the options by which Beam reaches its stores, in runs and in their workers; adds no file
 * system.
 */
public final class StoresRegistrar implements FileSystemRegistrar {
  private static final AtomicReference<Stores> STORES = new AtomicReference<>();

  @Override
  public Iterable<FileSystem<?>> fromOptions(PipelineOptions options) {
    STORES.set(new Stores(options));
    return List.of();
  }

  /** Returns the stores of the last options, nothing before there were any. */
  static Optional<Stores> stores() {
    return Optional.ofNullable(STORES.get());
  }
}
