package org.anomalydetection.cluster;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import net.bytebuddy.asm.Advice;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.Server;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.netty.NettyServerBuilder;

/**
 * Has Beam's servers inside a cluster's processes listen on the loopback interface. They listen on
 * all interfaces, have no option for it, and take whoever connects for a worker.
 */
final class Loopback {
  private Loopback() {}

  /**
   * Takes effect on servers that are built from now on, with whichever of the copies of gRPC. The
   * process ends if a server of Beam listens on other interfaces all the same.
   */
  static void install(Instrumentation instrumentation) throws IOException {
    Advised.type(".io.grpc.netty.NettyServerBuilder")
        .method("forAddress", Bind.class)
        .installInAll(instrumentation);
    requireLoopback();
  }

  /** Serves nothing for a moment, and looks where. */
  private static void requireLoopback() throws IOException {
    Server server = NettyServerBuilder.forAddress(new InetSocketAddress(0)).build().start();
    try {
      List<? extends SocketAddress> found = server.getListenSockets();
      if (!found.stream().allMatch(Loopback::isLoopback)) {
        Refusal.end(
            "expected Beam's servers to listen on the loopback interface, found one on "
                + found
                + ": nothing may load gRPC before this agent does");
      }
    } finally {
      server.shutdownNow();
    }
  }

  private static boolean isLoopback(SocketAddress address) {
    return address instanceof InetSocketAddress socket && socket.getAddress().isLoopbackAddress();
  }

  /** Stands at the beginning of the methods that take the address of a server. */
  private static final class Bind {
    private Bind() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(value = 0, readOnly = false) SocketAddress address) {
      if (address instanceof InetSocketAddress socket
          && !socket.isUnresolved()
          && socket.getAddress().isAnyLocalAddress()) {
        address = new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getPort());
      }
    }
  }
}
