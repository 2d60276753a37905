package org.anomalydetection.transform;

/** No expansion service answers at the address. */
public final class ServiceUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ServiceUnavailableException(String address, Throwable cause) {
    super(
        "expected an expansion service at "
            + address
            + ", found none that answers ("
            + cause.getMessage()
            + "); start one with `anomaly-detection serve`, or correct the"
            + " address",
        cause);
  }
}
