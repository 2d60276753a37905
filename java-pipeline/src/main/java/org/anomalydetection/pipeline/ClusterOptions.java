package org.anomalydetection.pipeline;

import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * What can be told to a run on a cluster. A job service understands options that its clients do not
 * know, and gets those that they do: all but the last are Flink's.
 */
public interface ClusterOptions extends PipelineOptions {
  /** Returns how many slots of Flink a job takes, null for one. */
  @Description(
      "Flink: how many slots a job takes, that is how many workers of each language may work at a"
          + " time; 1 when absent.")
  @Nullable Integer getParallelism();

  /** Sets how many slots a job takes. */
  void setParallelism(Integer slots);

  /** Returns the milliseconds between checkpoints, null for none. */
  @Description(
      "Flink: milliseconds between checkpoints, from which a job goes on after a fault; 10000 with"
          + " --follow, none when absent otherwise.")
  @Nullable Long getCheckpointingInterval();

  /** Sets the time between checkpoints. */
  void setCheckpointingInterval(Long millis);

  /** Returns whether bundles end before a checkpoint, null for Flink's own way. */
  @Description(
      "Flink: whether bundles end before each checkpoint, so that their rows do not wait behind it;"
          + " true with --follow, false when absent otherwise.")
  @Nullable Boolean getFinishBundleBeforeCheckpointing();

  /** Sets whether bundles end before a checkpoint. */
  void setFinishBundleBeforeCheckpointing(Boolean finish);

  /** Returns the milliseconds after which a bundle ends, null for Flink's own. */
  @Description(
      "Flink: milliseconds after which a bundle ends, of which a row passes several; 200 with"
          + " --follow, Beam's own when absent otherwise.")
  @Nullable Long getMaxBundleTimeMills();

  /** Sets the time after which a bundle ends. */
  void setMaxBundleTimeMills(Long millis);

  /** Returns the milliseconds after which sources with nothing left end, null for Flink's own. */
  @Description(
      "Flink: milliseconds after which a source ends that has nothing left to read; never with"
          + " checkpoints, at once without them, when absent.")
  @Nullable Long getShutdownSourcesAfterIdleMs();

  /** Sets the time after which sources with nothing left end. */
  void setShutdownSourcesAfterIdleMs(Long millis);

  /** Returns the savepoint or checkpoint of Flink to go on from, null for none. */
  @Description(
      "Flink, with --follow: the savepoint, or retained checkpoint, of the run that last followed"
          + " into the folder, to go on with its state; the saved position otherwise.")
  @Nullable String getSavepointPath();

  /** Sets the savepoint to go on from. */
  void setSavepointPath(String path);

  /** Returns whether Flink keeps checkpoints of a job that was cancelled, null for no. */
  @Description(
      "Flink, with --follow: whether the last checkpoint is kept when the run ends, for"
          + " --savepointPath; false when absent.")
  @Nullable Boolean getRetainExternalizedCheckpointsOnCancellation();

  /** Sets whether Flink keeps checkpoints of a job that was cancelled. */
  void setRetainExternalizedCheckpointsOnCancellation(Boolean retain);

  /** Returns whether checkpoints outlive their job at all, null for what the option above says. */
  @Description(
      "Flink: whether checkpoints outlive a job that fails; as"
          + " --retainExternalizedCheckpointsOnCancellation says when absent.")
  @Nullable Boolean getExternalizedCheckpointsEnabled();

  /** Sets whether checkpoints outlive their job at all. */
  void setExternalizedCheckpointsEnabled(Boolean enabled);

  /** Returns whether to print a job in place of running it. */
  @Description(
      "Dataflow: print the graph of the job as JSON, with its containers and steps, and submit"
          + " nothing.")
  @Nullable Boolean getDryRun();

  /** Sets whether to print a job in place of running it. */
  void setDryRun(Boolean print);

  /** Returns the seconds without a sign of a job after which it is given up, null for never. */
  @Description(
      "Seconds after which a job is cancelled whose counts of rows stand still, as when a worker"
          + " does not start; clusters count when a bundle is done, so allow for a long one. Waits"
          + " for ever when absent.")
  @Nullable Integer getStallLimit();

  /** Sets the seconds without a sign of a job after which it is given up. */
  void setStallLimit(Integer seconds);
}
