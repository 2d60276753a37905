package org.anomalydetection.transform;

import org.apache.beam.sdk.values.Row;

/** What a client sends that does without the wrapper. */
public final class Payloads {
  private Payloads() {}

  /** Returns a configuration as {@code External.of} takes it. */
  public static byte[] of(Row configuration) {
    return ConfigurationPayload.of(configuration);
  }
}
