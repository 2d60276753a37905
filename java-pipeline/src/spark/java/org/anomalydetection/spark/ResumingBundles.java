package org.anomalydetection.spark;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.DelayedBundleApplication;
import org.apache.beam.model.fnexecution.v1.BeamFnApi.ProcessBundleResponse;
import org.apache.beam.runners.fnexecution.control.BundleCheckpointHandler;
import org.apache.beam.runners.fnexecution.control.BundleFinalizationHandler;
import org.apache.beam.runners.fnexecution.control.BundleProgressHandler;
import org.apache.beam.runners.fnexecution.control.InstructionRequestHandler;
import org.apache.beam.runners.fnexecution.control.OutputReceiverFactory;
import org.apache.beam.runners.fnexecution.control.ProcessBundleDescriptors.ExecutableProcessBundleDescriptor;
import org.apache.beam.runners.fnexecution.control.RemoteBundle;
import org.apache.beam.runners.fnexecution.control.StageBundleFactory;
import org.apache.beam.runners.fnexecution.control.TimerReceiverFactory;
import org.apache.beam.runners.fnexecution.data.RemoteInputDestination;
import org.apache.beam.runners.fnexecution.state.StateRequestHandler;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.util.WindowedValue;
import org.apache.beam.vendor.guava.v32_1_2_jre.com.google.common.collect.Iterables;

/**
 * Bundles in which a splittable function may stop before its element is done: what is left follows
 * in further bundles of the same task. Beam's runner for Spark, at {@code beamRunnersVersion},
 * fails such a task.
 */
final class ResumingBundles implements StageBundleFactory {
  private final StageBundleFactory factory;
  private final Runnable failed;

  /**
   * Runs bundles as another factory does.
   *
   * @param failed is called when a bundle has failed
   */
  ResumingBundles(StageBundleFactory factory, Runnable failed) {
    this.factory = factory;
    this.failed = failed;
  }

  @Override
  public RemoteBundle getBundle(
      OutputReceiverFactory outputs,
      TimerReceiverFactory timers,
      StateRequestHandler state,
      BundleProgressHandler progress,
      BundleFinalizationHandler finalization,
      BundleCheckpointHandler checkpoint)
      throws Exception {
    Queue<WindowedValue<?>> left = new ConcurrentLinkedQueue<>();
    ResumingBundle.Opener opener =
        () ->
            factory.getBundle(
                outputs, timers, state, progress, finalization, response -> keep(response, left));
    try {
      return new ResumingBundle(opener.open(), opener, left, failed);
    } catch (Exception e) {
      failed.run();
      throw e;
    }
  }

  private void keep(ProcessBundleResponse response, Queue<WindowedValue<?>> left) {
    RemoteInputDestination<?> input =
        Iterables.getOnlyElement(getProcessBundleDescriptor().getRemoteInputDestinations());
    for (DelayedBundleApplication root : response.getResidualRootsList()) {
      left.add(decoded(input.getCoder(), root));
    }
  }

  @SuppressWarnings("unchecked") // what goes into a stage has a window
  private static WindowedValue<?> decoded(Coder<?> coder, DelayedBundleApplication root) {
    byte[] element = root.getApplication().getElement().toByteArray();
    try {
      return CoderUtils.decodeFromByteArray((Coder<WindowedValue<?>>) coder, element);
    } catch (CoderException e) {
      throw new IllegalStateException("what is left of an element cannot be read", e);
    }
  }

  @Override
  public ExecutableProcessBundleDescriptor getProcessBundleDescriptor() {
    return factory.getProcessBundleDescriptor();
  }

  @Override
  public InstructionRequestHandler getInstructionRequestHandler() {
    return factory.getInstructionRequestHandler();
  }

  @Override
  public void close() throws Exception {
    factory.close();
  }
}
