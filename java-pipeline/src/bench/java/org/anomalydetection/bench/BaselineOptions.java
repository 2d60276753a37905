package org.anomalydetection.bench;

import org.anomalydetection.pipeline.ScoringOptions;
import org.apache.beam.sdk.options.Description;
import org.checkerframework.checker.nullness.qual.Nullable;

/** What can be told to a {@link Baseline}, beside the product's own options. */
public interface BaselineOptions extends ScoringOptions {
  /** Returns whether the rows pass through Python. */
  @Description("Send the rows through the identity of --python, and count what comes back.")
  boolean isThroughPython();

  /** Sets whether the rows pass through Python. */
  void setThroughPython(boolean through);

  /** Returns the path of the file that gets the number of rows; without it there is no run. */
  @Description("The file that the number of rows is written to.")
  @Nullable String getCountFile();

  /** Sets the path of the file that gets the number of rows. */
  void setCountFile(String path);
}
