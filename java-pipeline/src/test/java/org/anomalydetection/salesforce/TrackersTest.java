package org.anomalydetection.salesforce;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker.IsBounded;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.junit.jupiter.api.Test;

/** What can be taken away from a read that goes on: all behind what was claimed, or nothing. */
class TrackersTest {
  private static final PagePosition SECOND = new PagePosition(1, 0, "b");

  @Test
  void shouldLeaveThePagesBehindTheLastOne() {
    PagesTracker tracker = new PagesTracker(Pages.ALL);
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
    PagesTracker tracker = new PagesTracker(new Pages(SECOND, Pages.ALL.end()));
    assertTrue(tracker.tryClaim(PagePosition.END));
    assertNull(tracker.trySplit(0));
    tracker.checkDone();
  }

  @Test
  void shouldLeaveAllPagesBeforeTheFirstClaim() {
    PagesTracker tracker = new PagesTracker(Pages.ALL);
    assertEquals(Pages.ALL, tracker.trySplit(0).getResidual());
    assertFalse(tracker.tryClaim(SECOND));
    tracker.checkDone();
  }

  @Test
  void shouldLeaveNoGapBeforeWhatIsTakenAway() {
    TimeTracker tracker = new TimeTracker(new OffsetRange(1000, Long.MAX_VALUE));
    assertEquals(IsBounded.UNBOUNDED, tracker.isBounded());
    assertTrue(tracker.tryClaim(1999L));
    assertNull(tracker.trySplit(0.5));
    SplitResult<OffsetRange> split = tracker.trySplit(0);
    assertEquals(new OffsetRange(2000, Long.MAX_VALUE), split.getResidual());
    assertEquals(new OffsetRange(1000, 2000), split.getPrimary());
    assertEquals(IsBounded.BOUNDED, tracker.isBounded());
    tracker.checkDone();
  }

  @Test
  void shouldTakeWhatIsStillToComeForNoBacklog() {
    long now = System.currentTimeMillis();
    TimeTracker tracker = new TimeTracker(new OffsetRange(now - 60_000, Long.MAX_VALUE));
    assertEquals(60_000, tracker.getProgress().getWorkRemaining(), 10_000);
    tracker.tryClaim(now + 60_000);
    assertEquals(0, tracker.getProgress().getWorkRemaining());
  }
}
