package org.anomalydetection.cluster;

import java.lang.instrument.Instrumentation;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import net.bytebuddy.asm.Advice;
import org.apache.beam.sdk.fn.data.BeamFnDataInboundObserver;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.util.concurrent.ThreadFactoryBuilder;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Has Beam's runners take what a large bundle puts out while it runs. They take it when the worker
 * has said that the bundle is done, and hold a hundred messages until then, in which there may be
 * more than there is memory: a worker that has more waits for them, does not say so, and both would
 * wait for ever.
 */
public final class Outputs {
  private static final String OBSERVER = "org.apache.beam.sdk.fn.data.BeamFnDataInboundObserver";

  /** How many messages of a bundle are left for its end; small ones have no more. */
  static final int LEFT = 4;

  /** How many may wait at a time: one may take ten megabytes, and Beam would hold a hundred. */
  private static final int WAITING = 8;

  /** More messages than any bundle has. */
  public static final int ALL = 1 << 20;

  private static final ExecutorService TAKERS =
      Executors.newCachedThreadPool(
          new ThreadFactoryBuilder().setDaemon(true).setNameFormat("take-output-%d").build());

  private static final Map<BeamFnDataInboundObserver, Output> OUTPUTS =
      Collections.synchronizedMap(new WeakHashMap<>());

  private static final ThreadLocal<@Nullable BeamFnDataInboundObserver> TAKEN_HERE =
      new ThreadLocal<>();

  private Outputs() {}

  /** Takes effect on all bundles. */
  static void install(Instrumentation instrumentation) {
    Advised.type(OBSERVER)
        .method("accept", Message.class)
        .method("multiplexElements", Taken.class)
        .method("close", Closed.class)
        .method("awaitCompletion", End.class)
        .install(instrumentation);
  }

  /** Waits, before a message of a bundle's output is put where it waits, until there is room. */
  public static void come(Object output) throws InterruptedException {
    of(output).come((BeamFnDataInboundObserver) output);
  }

  /** Is told that room was made for so many messages. */
  public static void taken(Object output, int messages) {
    of(output).room.release(messages);
  }

  /**
   * Waits for all of a bundle's output, if it is taken already.
   *
   * @return whether it was
   * @throws Exception what went wrong as it was taken
   */
  public static boolean isTaken(Object output) throws Exception {
    return TAKEN_HERE.get() != output && of(output).isTaken();
  }

  private static Output of(Object output) {
    return OUTPUTS.computeIfAbsent((BeamFnDataInboundObserver) output, key -> new Output());
  }

  /** How far a bundle's output is; one thread takes it, and no other. */
  private static final class Output {
    private final Semaphore room = new Semaphore(WAITING);
    private int messages;
    private boolean awaited;
    private @Nullable Future<?> taken;

    void come(BeamFnDataInboundObserver output) throws InterruptedException {
      synchronized (this) {
        messages++;
        if (messages > LEFT && !awaited && taken == null) {
          taken = TAKERS.submit(() -> take(output));
        }
      }
      room.acquire();
    }

    boolean isTaken() throws Exception {
      Future<?> all;
      synchronized (this) {
        awaited = true;
        all = taken;
      }
      if (all == null) {
        return false;
      }
      try {
        all.get();
        return true;
      } catch (ExecutionException e) {
        throw e.getCause() instanceof Exception cause ? cause : e;
      }
    }

    private static @Nullable Void take(BeamFnDataInboundObserver output) throws Exception {
      TAKEN_HERE.set(output);
      boolean done = false;
      try {
        output.awaitCompletion();
        done = true;
        return null;
      } finally {
        TAKEN_HERE.remove();
        if (!done) {
          output.close(); // what comes besides is refused, and nobody waits to put it there
        }
      }
    }
  }

  /**
   * Stands at the beginning of the method that puts a message where it waits. It does not name the
   * class that it becomes a part of, which would be loaded twice.
   */
  private static final class Message {
    private Message() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.This Object output) throws InterruptedException {
      Outputs.come(output);
    }
  }

  /** Stands at the end of the method that takes a message. */
  private static final class Taken {
    private Taken() {}

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.This Object output, @Advice.Thrown @Nullable Throwable failed) {
      // Nobody takes another one where one could not be.
      Outputs.taken(output, failed == null ? 1 : ALL);
    }
  }

  /** Stands at the end of the method after which nothing is taken. */
  private static final class Closed {
    private Closed() {}

    @Advice.OnMethodExit
    static void exit(@Advice.This Object output) {
      Outputs.taken(output, ALL);
    }
  }

  /** Stands in place of the method that takes all of a bundle, where another thread does. */
  private static final class End {
    private End() {}

    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(@Advice.This Object output) throws Exception {
      return Outputs.isTaken(output);
    }
  }
}
