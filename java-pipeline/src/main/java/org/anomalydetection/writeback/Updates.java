package org.anomalydetection.writeback;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A way to write changes, and to say which of them Salesforce refused. What may pass, such as a
 * record that somebody holds, is written again.
 */
abstract class Updates {
  static final String LOCKED = "UNABLE_TO_LOCK_ROW";
  private static final int ROUNDS = 3;
  private static final long PAUSE_MILLIS = 500;

  private final int most;
  private final boolean following;

  /** What became of a record that was not written. */
  record Refused(String message, boolean passing) {}

  /**
   * @param most how many changes are written at once
   * @param following whether what {@link Passing} says is told of each change that it concerns
   *     rather than thrown
   */
  Updates(int most, boolean following) {
    this.most = most;
    this.following = following;
  }

  /**
   * Writes changes.
   *
   * @param changes by {@link RecordId#key}
   * @return Salesforce's messages of those that were not written, likewise
   * @throws IOException if it takes too long, or Salesforce cannot be called
   */
  final Map<String, String> run(Map<String, Change> changes)
      throws IOException, InterruptedException {
    Map<String, String> refused = new LinkedHashMap<>();
    Map<String, Change> left = changes;
    for (int round = 1; !left.isEmpty(); round++) {
      if (round > 1) {
        Thread.sleep(PAUSE_MILLIS);
      }
      Map<String, Change> again = new LinkedHashMap<>();
      for (Map.Entry<String, Refused> one : writeAll(left).entrySet()) {
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

  private Map<String, Refused> writeAll(Map<String, Change> changes)
      throws IOException, InterruptedException {
    Map<String, Refused> refused = new LinkedHashMap<>();
    List<String> keys = List.copyOf(changes.keySet());
    for (int first = 0; first < keys.size(); first += most) {
      Map<String, Change> some = new LinkedHashMap<>();
      for (String key : keys.subList(first, Math.min(first + most, keys.size()))) {
        some.put(key, Objects.requireNonNull(changes.get(key)));
      }
      try {
        refused.putAll(write(some));
      } catch (IOException e) {
        if (!following || !Passing.is(e)) {
          throw e;
        }
        Refused why = new Refused(Objects.requireNonNull(e.getMessage()), false);
        keys.subList(first, keys.size()).forEach(key -> refused.put(key, why));
        return refused;
      }
    }
    return refused;
  }

  /** Writes some once; returns what was not written. */
  abstract Map<String, Refused> write(Map<String, Change> changes)
      throws IOException, InterruptedException;
}
