package org.anomalydetection.salesforce.api;

import java.time.Duration;

/** Is told what a client does. Called by the client's caller's thread; must not throw. */
public interface ApiListener {
  /** Hears nothing. */
  ApiListener NONE = new ApiListener() {};

  /** A call was answered, whatever the answer. */
  default void onCall() {}

  /** A call will be made again, after a delay. */
  default void onRetry(SalesforceException cause, Duration delay) {}

  /** Salesforce told of the calls that are left. */
  default void onUsage(ApiUsage usage) {}
}
