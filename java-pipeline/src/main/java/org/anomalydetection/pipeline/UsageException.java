package org.anomalydetection.pipeline;

import java.util.List;

/** Options that cannot be used, with all that is wrong with them. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(List<String> problems) {
    super(
        problems.size() == 1
            ? problems.get(0)
            : problems.size() + " problems:\n  - " + String.join("\n  - ", problems));
  }
}
