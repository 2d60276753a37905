package org.anomalydetection.pipeline;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.anomalydetection.follow.SavedPosition;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PBegin;

/**
 * What a run without an end does beside the others.
 *
 * @param saved where it saves its position
 * @param since where it begins if none is saved
 * @param window how long the windows are that it commits
 * @param readFrom what reads the source from a time on, for ever
 */
public record FollowPlan(
    SavedPosition saved,
    Optional<Instant> since,
    Duration window,
    Function<Instant, PTransform<PBegin, ReadResult>> readFrom) {}
