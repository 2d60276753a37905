package org.anomalydetection.cloud.stores;

import java.util.Optional;
import org.anomalydetection.files.ConditionalStore;

/** Knows S3 and Google's store. */
public final class StoresProvider implements ConditionalStore.Provider {
  @Override
  public Optional<ConditionalStore> of(String scheme) {
    return switch (scheme) {
      case "s3" -> StoresRegistrar.stores().map(Stores::s3);
      case "gs" -> StoresRegistrar.stores().map(Stores::gcs);
      default -> Optional.empty();
    };
  }
}
