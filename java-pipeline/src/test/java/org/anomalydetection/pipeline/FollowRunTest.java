package org.anomalydetection.pipeline;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.joda.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FollowRunTest {
  /** Between two looks at it, and so as its end was asked for. */
  @Test
  void shouldHaveAJobSayWhyItFailed() {
    Job failed = new Job(PipelineResult.State.FAILED);
    RuntimeException e = assertThrows(RuntimeException.class, () -> FollowRun.requireSound(failed));
    assertEquals("rows went missing", e.getMessage());
  }

  @ParameterizedTest
  @EnumSource(names = "FAILED", mode = EnumSource.Mode.EXCLUDE)
  void shouldNotWaitForAJobThatRunsOrWasCancelled(PipelineResult.State state) {
    assertDoesNotThrow(() -> FollowRun.requireSound(new Job(state)));
  }

  /** Who waits for it is told of its failure, as Beam does. */
  private record Job(State state) implements PipelineResult {
    @Override
    public State getState() {
      return state;
    }

    @Override
    public State waitUntilFinish() {
      throw new IllegalStateException("rows went missing");
    }

    @Override
    public State waitUntilFinish(Duration duration) {
      return waitUntilFinish();
    }

    @Override
    public State cancel() {
      return state;
    }

    @Override
    public MetricResults metrics() {
      throw new UnsupportedOperationException();
    }
  }
}
