package org.anomalydetection.cluster;

import java.lang.instrument.Instrumentation;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import net.bytebuddy.asm.Advice;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.stub.CallStreamObserver;
import org.apache.beam.vendor.grpc.v1p60p1.io.grpc.stub.ServerCallStreamObserver;

/**
 * Has Beam's servers send a worker the next elements when it has taken those before. They look at
 * every hundredth message only, of a megabyte or more each: that is more memory outside of the heap
 * than a TaskManager has for a worker which is slow for a moment. And where the worker is gone, or
 * has failed at the bundle, they would look for ever.
 */
public final class FlowControl {
  private static final String OBSERVER = "org.apache.beam.sdk.fn.stream.DirectStreamObserver";

  /** How long to wait for word of it before looking again. */
  private static final long LOOK_MILLIS = 100;

  private FlowControl() {}

  /** Takes effect on all streams of messages. */
  static void install(Instrumentation instrumentation) {
    Advised.type(OBSERVER)
        .method("onNext", Next.class)
        .method("onCompleted", End.class)
        .method("onError", End.class)
        .install(instrumentation);
  }

  /**
   * Waits until a stream takes a message at once, or is ended, whereupon the message is refused.
   *
   * @param readied advances when the stream takes messages again, and is terminated at its end
   * @throws IllegalStateException if the call was cancelled, such as by the end of the worker, or
   *     if a bundle of this thread has failed
   */
  public static void await(CallStreamObserver<?> stream, Phaser readied) {
    int phase = readied.getPhase();
    while (phase >= 0 && !stream.isReady()) {
      if (stream instanceof ServerCallStreamObserver<?> call && call.isCancelled()) {
        throw new IllegalStateException("expected a worker to send elements to, found it gone");
      }
      Bundles.requireNoneFailed();
      try {
        phase = readied.awaitAdvanceInterruptibly(phase, LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        phase = readied.getPhase();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while a worker was sent elements", e);
      }
    }
  }

  /** Stands at the beginning of the method that sends a message. */
  private static final class Next {
    private Next() {}

    @Advice.OnMethodEnter
    @SuppressWarnings("UnusedVariable") // it is a field of the stream
    static void enter(
        @Advice.FieldValue("outboundObserver") CallStreamObserver<?> stream,
        @Advice.FieldValue("phaser") Phaser readied,
        @Advice.FieldValue(value = "numMessages", readOnly = false) int sentWithoutLook) {
      FlowControl.await(stream, readied);
      sentWithoutLook = 0;
    }
  }

  /** Stands at the beginning of the methods that end a stream. */
  private static final class End {
    private End() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.FieldValue("phaser") Phaser readied) {
      readied.forceTermination();
    }
  }
}
