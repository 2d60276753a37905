package org.anomalydetection.locks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.UUID;

/**
 * Who has a lock, as it stands in the lock.
 *
 * @param run what tells the run from others
 * @param process the process and its machine, in words
 * @param since when the lock was taken, by the clock of that machine
 * @param renewals how often it was renewed
 */
record Holder(String run, String process, String since, long renewals) {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES);
  private static final Path HOST = Path.of("/proc/sys/kernel/hostname");

  /** Returns this process as one that takes a lock now. */
  static Holder here() {
    return new Holder(
        UUID.randomUUID().toString(),
        String.format(
            "process %d of %s on %s",
            ProcessHandle.current().pid(), System.getProperty("user.name"), host()),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        0);
  }

  private static String host() {
    try {
      return Files.readString(HOST).strip();
    } catch (IOException e) {
      return "a machine without a name";
    }
  }

  /** Reads what stands in a lock. */
  static Holder of(String content) {
    Holder unknown = new Holder("", "somebody who does not say who", "a time that is not said", 0);
    try {
      return Objects.requireNonNullElse(MAPPER.readValue(content, Holder.class), unknown);
    } catch (JsonProcessingException e) {
      return unknown;
    }
  }

  Holder renewed() {
    return new Holder(run, process, since, renewals + 1);
  }

  String content() {
    try {
      return MAPPER.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Says who has it and since when. */
  @Override
  public String toString() {
    return process + ", since " + since;
  }
}
