package org.anomalydetection.cluster;

import java.lang.instrument.Instrumentation;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import net.bytebuddy.asm.Advice;

/**
 * Knows which bundles a thread has begun and not closed, so that it stops to send one elements that
 * has failed: its worker takes no more of them, and does not say so to who sends.
 */
public final class Bundles {
  private static final String BUNDLE =
      "org.apache.beam.runners.fnexecution.control.SdkHarnessClient$BundleProcessor$ActiveBundle";

  private static final ThreadLocal<Set<CompletionStage<?>>> OPEN =
      ThreadLocal.withInitial(() -> Collections.newSetFromMap(new IdentityHashMap<>()));

  private Bundles() {}

  /** Takes effect on all bundles. */
  static void install(Instrumentation instrumentation) {
    Advised.type(BUNDLE)
        .constructors(Begin.class)
        .method("close", End.class)
        .install(instrumentation);
  }

  /** Is told of a bundle, by what the worker will answer, in the thread that begins it. */
  public static void begin(CompletionStage<?> answer) {
    OPEN.get().add(answer);
  }

  /** Is told of a bundle that this thread has closed. */
  public static void end(CompletionStage<?> answer) {
    OPEN.get().remove(answer);
  }

  /**
   * Checks the bundles that this thread has begun and not closed.
   *
   * @throws IllegalStateException what a worker said of one that has failed
   */
  static void requireNoneFailed() {
    for (CompletionStage<?> answer : OPEN.get()) {
      if (answer.toCompletableFuture().isCompletedExceptionally()) {
        try {
          answer.toCompletableFuture().join();
        } catch (CompletionException e) {
          Throwable cause = e.getCause();
          throw new IllegalStateException(cause.getMessage(), cause);
        }
      }
    }
  }

  /** Stands at the end of the constructor of a bundle. */
  private static final class Begin {
    private Begin() {}

    @Advice.OnMethodExit
    static void exit(@Advice.FieldValue("response") CompletionStage<?> answer) {
      Bundles.begin(answer);
    }
  }

  /** Stands at the end of the method that closes a bundle. */
  private static final class End {
    private End() {}

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.FieldValue("response") CompletionStage<?> answer) {
      Bundles.end(answer);
    }
  }
}
