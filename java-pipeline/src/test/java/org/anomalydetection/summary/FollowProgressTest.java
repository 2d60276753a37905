package org.anomalydetection.summary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.anomalydetection.contract.TransformMetrics;
import org.anomalydetection.metrics.RowMetric;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FollowProgressTest {
  private static final Instant STARTED = Instant.parse("2026-11-29T01:05:00Z");

  private final FollowProgress progress = new FollowProgress(STARTED);
  private Optional<Instant> waitsSince = Optional.empty();

  @Test
  void shouldSayWhatThereIsAndHowFarItIsCommitted() {
    assertEquals(
        Optional.of(
            "1,234 rows scored, 5 of them odd; 6 in error. Committed up to 2026-11-29T01:04:30Z,"
                + " 40 s ago; 99,000 API calls left"),
        line(1234, STARTED.minusSeconds(30), Optional.of(99_000L), 10));
  }

  @Test
  void shouldTellOfRowsThatWereScoredAndCouldNotBeWrittenElsewhere() {
    assertEquals(
        "9 rows scored, 0 of them odd; 0 in error; 3 written back, 4 cannot be; 2 refused by a"
            + " table",
        FollowProgress.counts(
            Map.of(
                RowMetric.SCORED.title(), 9L,
                RowMetric.WRITTEN_BACK.title(), 3L,
                RowMetric.NOT_WRITTEN_BACK.title(), 4L,
                RowMetric.REFUSED.title(), 2L),
            Map.of()));
  }

  @Test
  void shouldSayNothingAgainUntilRowsComeOrMinutesPass() {
    assertTrue(line(1, STARTED, Optional.empty(), 10).isPresent());
    assertEquals(Optional.empty(), line(1, STARTED, Optional.empty(), 20));
    assertTrue(line(2, STARTED, Optional.empty(), 30).isPresent());
    assertEquals(Optional.empty(), line(2, STARTED, Optional.empty(), 320));
    assertTrue(line(2, STARTED, Optional.empty(), 330).isPresent());
  }

  @Test
  void shouldSayAtOnceThatItWaits() {
    assertTrue(line(1, STARTED, Optional.empty(), 10).isPresent());
    waitsSince = Optional.of(STARTED.plusSeconds(12));
    assertEquals(
        Optional.of(
            "1 rows scored, 5 of them odd; 6 in error. Committed up to 2026-11-29T01:05:00Z, 20 s"
                + " ago; waiting for Salesforce since 2026-11-29T01:05:12Z; 7 API calls left"),
        line(1, STARTED, Optional.of(7L), 20));
    assertEquals(Optional.empty(), line(1, STARTED, Optional.empty(), 30));
  }

  @Test
  void shouldSayWhatWasWrittenBack() {
    Map<String, Long> odd = Map.of(TransformMetrics.ODD, 1L);
    String rows = "3 rows scored, 1 of them odd; 0 in error";
    Map<String, Long> written =
        Map.of(
            RowMetric.SCORED.title(), 3L,
            RowMetric.WRITTEN_BACK.title(), 2L,
            RowMetric.NOT_WRITTEN_BACK.title(), 1L);
    assertEquals(rows + "; 2 written back, 1 cannot be", FollowProgress.counts(written, odd));
    Map<String, Long> preview =
        Map.of(RowMetric.SCORED.title(), 3L, RowMetric.PREVIEWED.title(), 3L);
    assertEquals(
        rows + "; 3 would be written back, 0 cannot be", FollowProgress.counts(preview, odd));
  }

  @Test
  void shouldLookEveryTenSeconds() {
    assertFalse(progress.isDue(STARTED.plusSeconds(9)));
    assertTrue(progress.isDue(STARTED.plusSeconds(10)));
    line(1, STARTED, Optional.empty(), 10);
    assertFalse(progress.isDue(STARTED.plusSeconds(19)));
  }

  @ParameterizedTest
  @CsvSource({"PT9M, 540 s", "PT11M, 11 min", "PT3H, 3 h", "PT72H, 3 days"})
  void shouldSayHowLongAgoInTheUnitThatFits(Duration ago, String words) {
    String line = line(1, STARTED.minus(ago), Optional.empty(), 0).orElseThrow();
    assertTrue(line.endsWith(", " + words + " ago"), line);
  }

  @Test
  void shouldTellOnceOfModelsThatComeAfterTheFirst() {
    String first = TransformMetrics.SCORED_BY + "a1";
    String second = TransformMetrics.SCORED_BY + "b2";
    String refused = TransformMetrics.MODEL_REFUSED + "encoder.pth: too short";
    assertEquals(
        List.of("a new model is refused, and the one before goes on: encoder.pth: too short"),
        progress.models(Map.of(refused, 1L)));
    assertEquals(List.of(), progress.models(Map.of(refused, 2L, first, 3L)));
    assertEquals(
        List.of("a new model scores the windows that begin since it was stored: b2"),
        progress.models(Map.of(refused, 2L, first, 3L, second, 1L)));
    assertEquals(List.of(), progress.models(Map.of(refused, 2L, first, 3L, second, 9L)));
  }

  private Optional<String> line(long scored, Instant position, Optional<Long> calls, int seconds) {
    return progress.line(
        Map.of(RowMetric.SCORED.title(), scored, RowMetric.ERRORS.title(), 6L),
        Map.of(TransformMetrics.ODD, 5L),
        position,
        waitsSince,
        calls,
        STARTED.plusSeconds(seconds));
  }
}
