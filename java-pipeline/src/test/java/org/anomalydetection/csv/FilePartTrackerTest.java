package org.anomalydetection.csv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.anomalydetection.files.FileVersion;
import org.apache.beam.sdk.testing.CoderProperties;
import org.apache.beam.sdk.transforms.splittabledofn.RestrictionTracker.Progress;
import org.apache.beam.sdk.transforms.splittabledofn.SplitResult;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilePartTrackerTest {
  private static final FileVersion FILE = new FileVersion(100, "1");
  private static final FilePart WHOLE = FilePart.whole(FILE);

  private final FilePartTracker tracker = new FilePartTracker(WHOLE);

  @Test
  void shouldGiveAwayAllThatIsLeft() {
    assertTrue(tracker.tryClaim(new Position(30, 1)));
    SplitResult<FilePart> split = tracker.trySplit(0);
    assertNotNull(split);
    assertEquals(new FilePart(FILE, Position.START, 30), split.getPrimary());
    assertEquals(split.getPrimary(), tracker.currentRestriction());
    assertEquals(
        new FilePart(FILE, new Position(30, 1), Position.END.bytes()), split.getResidual());
    assertFalse(tracker.tryClaim(new Position(40, 2)));
    tracker.checkDone();
  }

  @Test
  void shouldReadAPartThatWasLeftToItsEndOnly() {
    FilePartTracker part = new FilePartTracker(new FilePart(FILE, new Position(30, 1), 50));
    assertTrue(part.tryClaim(new Position(50, 2)));
    assertFalse(part.tryClaim(Position.END));
    part.checkDone();
    assertNull(part.trySplit(0));
  }

  @Test
  void shouldGiveAwayEverythingBeforeTheFirstRecord() {
    SplitResult<FilePart> split = tracker.trySplit(0);
    assertNotNull(split);
    assertEquals(WHOLE, split.getResidual());
    assertFalse(tracker.tryClaim(new Position(10, 0)));
    tracker.checkDone();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.5, 1})
  void shouldNotGiveAwayAPartWhoseRecordsNobodyKnows(double fraction) {
    assertTrue(tracker.tryClaim(new Position(30, 1)));
    assertNull(tracker.trySplit(fraction));
    assertTrue(tracker.tryClaim(Position.END));
    tracker.checkDone();
  }

  @Test
  void shouldNotBeDoneBeforeTheEnd() {
    assertTrue(tracker.tryClaim(new Position(30, 1)));
    IllegalStateException e = assertThrows(IllegalStateException.class, tracker::checkDone);
    assertEquals(
        "expected a file to be read to its end, found it left after record 1", e.getMessage());
  }

  @Test
  void shouldSayHowManyBytesAreLeft() {
    assertProgress(0, 100, tracker);
    assertTrue(tracker.tryClaim(new Position(30, 1)));
    assertProgress(30, 70, tracker);
    SplitResult<FilePart> split = tracker.trySplit(0);
    assertProgress(30, 0, tracker);
    FilePartTracker rest = new FilePartTracker(split.getResidual());
    assertProgress(0, 70, rest);
    assertTrue(rest.tryClaim(Position.END));
    assertProgress(70, 0, rest);
  }

  private static void assertProgress(double done, double left, FilePartTracker tracker) {
    assertEquals(Progress.from(done, left), tracker.getProgress());
  }

  @Test
  void shouldEncodeParts() throws Exception {
    CoderProperties.coderDecodeEncodeEqual(new FilePart.Coder(), WHOLE);
    FilePart part = new FilePart(FILE, new Position(1L << 40, 77), 1L << 41);
    CoderProperties.coderDecodeEncodeEqual(new FilePart.Coder(), part);
    CoderProperties.coderSerializable(new FilePart.Coder());
  }
}
