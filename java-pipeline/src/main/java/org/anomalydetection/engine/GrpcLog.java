package org.anomalydetection.engine;

import java.util.logging.Level;
import java.util.logging.Logger;

/** What gRPC says inside Beam. */
final class GrpcLog {
  /** Held on to, since its level is lost with it. */
  private static final Logger GRPC = Logger.getLogger("org.apache.beam.vendor");

  private GrpcLog() {}

  /** Beam's worker leaves a channel open, which gRPC calls severe although the run is over. */
  static void quiet() {
    GRPC.setLevel(Level.OFF);
  }
}
