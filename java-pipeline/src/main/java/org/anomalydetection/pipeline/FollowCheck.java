package org.anomalydetection.pipeline;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.files.Stored;
import org.anomalydetection.follow.SavedPosition;
import org.anomalydetection.output.OutputFolder;
import org.anomalydetection.source.Source;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Looks at the options of a run without an end. */
final class FollowCheck {
  private static final String POSITION = "position.json";
  private static final long CHECKPOINT_MILLIS = 10_000;
  private static final long BUNDLE_MILLIS = 200;

  private final ScoringOptions options;
  private final List<String> problems;

  /**
   * @param problems where to add what is wrong
   */
  FollowCheck(ScoringOptions options, List<String> problems) {
    this.options = options;
    this.problems = problems;
  }

  /** Tells whether the run is to have no end. */
  boolean isAsked() {
    return Boolean.TRUE.equals(options.getFollow());
  }

  /** Returns what such a run does, nothing if it is not one or something is wrong. */
  Optional<FollowPlan> plan(Source source) {
    if (!isAsked()) {
      if (options.getPosition() != null) {
        problems.add("--position: expected --follow beside it, found it alone");
      }
      if (options.getSavepointPath() != null) {
        problems.add("--savepointPath: expected --follow beside it, found it alone");
      }
      return Optional.empty();
    }
    if (source.changes().isEmpty()) {
      return Optional.empty();
    }
    refuse();
    requireCluster();
    setFlinkDefaults();
    TimeOptions times = new TimeOptions(problems);
    Optional<Duration> window =
        times.duration("commitEvery", options.getCommitEvery(), Duration.ofSeconds(1));
    if (window.isPresent() && window.get().toMillis() % 1000 != 0) {
      problems.add("--commitEvery: expected whole seconds, found " + options.getCommitEvery());
    }
    Optional<Instant> since = times.time("since", options.getSince());
    String position = position();
    return source
        .changes()
        .flatMap(
            changes ->
                window.map(
                    length ->
                        new FollowPlan(
                            new SavedPosition(position, changes.identity()),
                            since,
                            length,
                            changes.from())));
  }

  private String position() {
    String given = options.getPosition();
    if (given == null) {
      return OutputFolder.inside(options.getOutput(), POSITION);
    }
    try {
      Stored.requireNoPattern(FileSystems.matchNewResource(given, false));
    } catch (IOException | IllegalArgumentException e) {
      problems.add(
          "--position: expected a file that can be read and written, found "
              + given
              + ": "
              + e.getMessage());
    }
    return given;
  }

  /** Adds a problem where there is no Flink that could have kept a state. */
  private void requireCluster() {
    if (options.getSavepointPath() != null
        && options.as(PortablePipelineOptions.class).getJobEndpoint() == null) {
      problems.add(
          "--savepointPath: expected the job service of a Flink cluster in --jobEndpoint, found"
              + " none");
    }
  }

  /** Sets what a job that never ends needs of Flink, and nobody else looks at. */
  private void setFlinkDefaults() {
    if (options.getCheckpointingInterval() == null) {
      options.setCheckpointingInterval(CHECKPOINT_MILLIS);
    }
    if (options.getFinishBundleBeforeCheckpointing() == null) {
      options.setFinishBundleBeforeCheckpointing(true);
    }
    if (options.getMaxBundleTimeMills() == null) {
      options.setMaxBundleTimeMills(BUNDLE_MILLIS);
    }
    if (options.getRetainExternalizedCheckpointsOnCancellation() == null) {
      options.setRetainExternalizedCheckpointsOnCancellation(false);
    }
    if (options.getExternalizedCheckpointsEnabled() == null) {
      options.setExternalizedCheckpointsEnabled(
          options.getRetainExternalizedCheckpointsOnCancellation());
    }
  }

  /** Adds a problem for each option that needs to know all rows. */
  private void refuse() {
    Map<String, @Nullable Object> given = new LinkedHashMap<>();
    given.put("findDuplicates", options.getFindDuplicates());
    given.put("alertAbove", options.getAlertAbove());
    given.put("report", options.getReport());
    given.put("stallLimit", options.getStallLimit());
    given.forEach(
        (option, value) -> {
          if (value != null && !value.equals(false)) {
            problems.add("--" + option + ": expected a run with an end, found --follow beside it");
          }
        });
  }
}
