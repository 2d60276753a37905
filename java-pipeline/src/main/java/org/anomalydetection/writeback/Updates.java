package org.anomalydetection.writeback;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A way to write changes, and to say which of them Salesforce refused. What may pass, such as a
 * record that somebody holds, is written again.
 */
abstract class Updates {
  static final String LOCKED = "UNABLE_TO_LOCK_ROW";
  private static final int ROUNDS = 3;

  /** What became of a record that was not written. */
  record Refused(String message, boolean passing) {}

  /**
   * Writes changes.
   *
   * @param changes by {@link RecordId#key}
   * @return Salesforce's messages of those that it refused, likewise
   * @throws IOException if it takes too long, or Salesforce cannot be called
   */
  final Map<String, String> run(Map<String, Change> changes)
      throws IOException, InterruptedException {
    Map<String, String> refused = new LinkedHashMap<>();
    Map<String, Change> left = new LinkedHashMap<>(changes);
    for (int round = 1; !left.isEmpty(); round++) {
      Map<String, Change> again = new LinkedHashMap<>();
      for (Map.Entry<String, Refused> one : write(left).entrySet()) {
        if (one.getValue().passing() && round < ROUNDS) {
          again.put(one.getKey(), Objects.requireNonNull(left.get(one.getKey())));
        } else {
          refused.put(one.getKey(), one.getValue().message());
        }
      }
      left = again;
    }
    return refused;
  }

  /** Writes once; returns what was not written. */
  abstract Map<String, Refused> write(Map<String, Change> changes)
      throws IOException, InterruptedException;
}
