package org.anomalydetection.flink;

import java.lang.instrument.Instrumentation;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.matcher.ElementMatchers;

/**
 * Has Beam's servers inside Flink's processes listen on the loopback interface. They listen on all
 * interfaces, have no option for it, and take whoever connects for a worker.
 *
 * <pre>
 * java -javaagent:flink.jar …
 * </pre>
 */
public final class LoopbackAgent {
  private static volatile boolean installed;

  private LoopbackAgent() {}

  /** Tells whether this process was started with the agent. */
  static boolean isInstalled() {
    return installed;
  }

  /** Is called before the main class runs. */
  public static void premain(String arguments, Instrumentation instrumentation) {
    new AgentBuilder.Default()
        .disableClassFormatChanges()
        .type(ElementMatchers.nameEndsWith(".io.grpc.netty.NettyServerBuilder"))
        .transform(
            (builder, type, loader, module, domain) ->
                builder.visit(
                    Advice.to(Bind.class)
                        .on(ElementMatchers.<MethodDescription>named("forAddress"))))
        .installOn(instrumentation);
    installed = true;
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
