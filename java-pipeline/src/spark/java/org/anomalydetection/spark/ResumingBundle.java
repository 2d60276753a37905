package org.anomalydetection.spark;

import java.util.Map;
import java.util.Queue;
import org.apache.beam.runners.fnexecution.control.RemoteBundle;
import org.apache.beam.sdk.fn.data.FnDataReceiver;
import org.apache.beam.sdk.util.WindowedValue;
import org.apache.beam.sdk.util.construction.Timer;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.collect.Iterables;

/** A bundle that ends when nothing is left of its elements. */
final class ResumingBundle implements RemoteBundle {
  private final RemoteBundle bundle;
  private final Opener next;
  private final Queue<WindowedValue<?>> left;
  private final Runnable failed;

  /**
   * Wraps a bundle.
   *
   * @param next opens another one like it
   * @param left what a bundle, when it is closed, leaves to the next one
   * @param failed is called when it has failed
   */
  ResumingBundle(RemoteBundle bundle, Opener next, Queue<WindowedValue<?>> left, Runnable failed) {
    this.bundle = bundle;
    this.next = next;
    this.left = left;
    this.failed = failed;
  }

  @Override
  public void close() throws Exception {
    try {
      finish();
    } catch (Exception e) {
      failed.run();
      throw e;
    }
  }

  private void finish() throws Exception {
    bundle.close();
    while (!left.isEmpty()) {
      try (RemoteBundle more = next.open()) {
        FnDataReceiver<WindowedValue<?>> input = input(more);
        for (int elements = left.size(); elements > 0; elements--) {
          input.accept(left.remove());
        }
      }
    }
  }

  @SuppressWarnings("unchecked") // what goes into a stage has a window
  private static FnDataReceiver<WindowedValue<?>> input(RemoteBundle bundle) {
    return (FnDataReceiver<WindowedValue<?>>)
        Iterables.getOnlyElement(bundle.getInputReceivers().values());
  }

  @Override
  public String getId() {
    return bundle.getId();
  }

  @Override
  @SuppressWarnings("rawtypes") // Beam's
  public Map<String, FnDataReceiver> getInputReceivers() {
    return bundle.getInputReceivers();
  }

  @Override
  @SuppressWarnings("rawtypes") // Beam's
  public Map<KV<String, String>, FnDataReceiver<Timer>> getTimerReceivers() {
    return bundle.getTimerReceivers();
  }

  @Override
  public void requestProgress() {
    bundle.requestProgress();
  }

  @Override
  public void split(double fractionOfRemainder) {
    bundle.split(fractionOfRemainder);
  }

  /** Opens a bundle. */
  interface Opener {
    RemoteBundle open() throws Exception;
  }
}
