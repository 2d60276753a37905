package org.anomalydetection.salesforce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker.IsBounded;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker.Progress;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.junit.jupiter.api.Test;

/** What can be taken away from a read that goes on: all behind what was claimed, or nothing. */
class TrackersTest {
  private static final PagePosition SECOND = new PagePosition(1, 0, "b");

  @Test
  void shouldLeaveThePagesBehindTheLastOne() {
    PagesTracker tracker = new PagesTracker(Pages.ALL, 0);
    assertThrows(IllegalStateException.class, tracker::checkDone);
    assertTrue(tracker.tryClaim(SECOND));
    assertNull(tracker.trySplit(0.5));
    SplitResult<Pages> split = tracker.trySplit(0);
    assertEquals(new Pages(SECOND, Pages.ALL.end()), split.getResidual());
    assertEquals(split.getPrimary(), tracker.currentRestriction());
    tracker.checkDone();
    assertFalse(tracker.tryClaim(PagePosition.END));
  }

  @Test
  void shouldLeaveNothingBehindTheLastPage() {
    PagesTracker tracker = new PagesTracker(new Pages(SECOND, Pages.ALL.end()), 0);
    assertTrue(tracker.tryClaim(PagePosition.END));
    assertNull(tracker.trySplit(0));
    tracker.checkDone();
  }

  @Test
  void shouldLeaveAllPagesBeforeTheFirstClaim() {
    PagesTracker tracker = new PagesTracker(Pages.ALL, 0);
    assertEquals(Pages.ALL, tracker.trySplit(0).getResidual());
    assertFalse(tracker.tryClaim(SECOND));
    tracker.checkDone();
  }

  @Test
  void shouldSayHowManyRecordsAreLeft() {
    PagePosition third = new PagePosition(2, 300, "c");
    PagesTracker tracker =
        new PagesTracker(new Pages(new PagePosition(1, 100, "b"), Pages.ALL.end()), 350);
    assertProgress(0, 250, tracker);
    assertTrue(tracker.tryClaim(third));
    assertProgress(200, 50, tracker);
    SplitResult<Pages> split = tracker.trySplit(0);
    assertProgress(200, 0, tracker);
    PagesTracker rest = new PagesTracker(split.getResidual(), 350);
    assertProgress(0, 50, rest);
    assertTrue(rest.tryClaim(PagePosition.END));
    assertProgress(50, 0, rest);
  }

  @Test
  void shouldSayThatSomethingIsLeftWhereNobodyKnowsHowMuch() {
    PagesTracker tracker = new PagesTracker(Pages.ALL, 0);
    assertProgress(0, 1, tracker);
    assertTrue(tracker.tryClaim(new PagePosition(1, 100, "b")));
    assertProgress(100, 1, tracker);
    assertTrue(tracker.tryClaim(PagePosition.END));
    assertEquals(0, tracker.getProgress().getWorkRemaining());
  }

  private static void assertProgress(double done, double left, PagesTracker tracker) {
    assertEquals(Progress.from(done, left), tracker.getProgress());
  }

  @Test
  void shouldLeaveNoGapBeforeWhatIsTakenAway() {
    TimeTracker tracker = new TimeTracker(new TimeSpan(TimePlace.at(1000), TimeSpan.NEVER));
    assertEquals(IsBounded.UNBOUNDED, tracker.isBounded());
    assertTrue(tracker.tryClaim(TimePlace.at(2000)));
    assertNull(tracker.trySplit(0.5));
    SplitResult<TimeSpan> split = tracker.trySplit(0);
    assertEquals(new TimeSpan(TimePlace.at(2000), TimeSpan.NEVER), split.getResidual());
    assertEquals(new TimeSpan(TimePlace.at(1000), 2000), split.getPrimary());
    assertEquals(IsBounded.BOUNDED, tracker.isBounded());
    tracker.checkDone();
  }

  @Test
  void shouldKeepWhatIsKnownOfAnOutageAndReadNothingMeanwhile() {
    TimeTracker tracker = new TimeTracker(new TimeSpan(TimePlace.at(1000), 5000));
    TimePlace out = new TimePlace(1000, new Outage(Instant.EPOCH, 3));
    assertTrue(tracker.tryClaim(out));
    SplitResult<TimeSpan> split = tracker.trySplit(0);
    assertEquals(new TimeSpan(out, 5000), split.getResidual());
    assertEquals(new TimeSpan(TimePlace.at(1000), 1000), split.getPrimary());
    tracker.checkDone();
  }

  @Test
  void shouldTakeWhatIsStillToComeForNoBacklog() {
    long now = System.currentTimeMillis();
    TimeTracker tracker = new TimeTracker(new TimeSpan(TimePlace.at(now - 60_000), TimeSpan.NEVER));
    assertEquals(60_000, tracker.getProgress().getWorkRemaining(), 10_000);
    tracker.tryClaim(TimePlace.at(now + 60_000));
    assertEquals(0, tracker.getProgress().getWorkRemaining());
  }
}
