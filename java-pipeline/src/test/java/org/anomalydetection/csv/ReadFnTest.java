package org.anomalydetection.csv;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.anomalydetection.source.Portions;
import org.anomalydetection.source.ReadResult;
import org.apache.beam.sdk.transforms.DoFn.MultiOutputReceiver;
import org.apache.beam.sdk.transforms.DoFn.OutputReceiver;
import org.apache.beam.sdk.transforms.DoFn.ProcessContinuation;
import org.apache.beam.sdk.values.Row;
import org.apache.beam.sdk.values.TupleTag;
import org.joda.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bundle after bundle of a file that may change between them. */
class ReadFnTest {
  private static final String CONTENT = "Id,Amount\n1,10\n2,20\n3,30\n4,40\n";

  @TempDir Path folder;
  private final List<String> ids = new ArrayList<>();
  private Path file;
  private ReadFn reader;
  private FilePartTracker tracker;
  private Runnable onRow = () -> {};

  @BeforeEach
  void open() throws IOException {
    file = Files.writeString(folder.resolve("in.csv"), CONTENT);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1000));
    read(Portions.ofAtMost(2));
  }

  private void read(Portions portions) {
    reader = new ReadFn(CsvFile.at(file).columns("Id"), portions);
    reader.setup();
    tracker = reader.tracker(reader.initialRestriction(file.toString()));
  }

  @Test
  void shouldGoOnInAnotherBundleWhereTheLastOneEnded() throws IOException {
    assertEquals(ProcessContinuation.resume(), bundle());
    assertEquals(List.of("1", "2"), ids);
    assertEquals(ProcessContinuation.resume(), bundle());
    assertEquals(ProcessContinuation.stop(), bundle());
    assertEquals(List.of("1", "2", "3", "4"), ids);
    tracker.checkDone();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Id,Amount\n5,50\n6,60\n7,70\n8,80\n", // as long
        CONTENT + "5,50\n",
        "Id,Amount\n1,10\n",
        "",
      })
  void shouldNotReadAMixtureOfTwoFiles(String other) throws IOException {
    assertEquals(ProcessContinuation.resume(), bundle());
    replace(other);
    assertChanged();
    assertEquals(List.of("1", "2"), ids);
  }

  @Test
  void shouldNotGoOnInAFileThatIsGoneAndCameBack() throws IOException {
    assertEquals(ProcessContinuation.resume(), bundle());
    Files.delete(file);
    InputException gone = assertThrows(InputException.class, this::bundle);
    assertThat(gone.getMessage(), containsString("in.csv: expected a CSV file, found none"));
    replace(CONTENT);
    assertChanged();
  }

  /** The one that is open goes on to be read, as it has no path any more. */
  @Test
  void shouldNoticeAtTheEndThatTheFileWasReplaced() throws IOException {
    read(Portions.usual());
    onRow = () -> replace(CONTENT);
    assertChanged();
    assertEquals(List.of("1", "2", "3", "4"), ids);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Amount,Id\n10,1\n", "Id\n1\n"})
  void shouldNotTakeOtherColumnsForThoseThatItWasToldOf(String other) throws IOException {
    replace(other);
    tracker = reader.tracker(reader.initialRestriction(file.toString()));
    assertChanged();
    assertEquals(List.of(), ids);
  }

  @Test
  void shouldSayThatThereIsNoFile() throws IOException {
    Files.delete(file);
    InputException e =
        assertThrows(InputException.class, () -> reader.initialRestriction(file.toString()));
    assertThat(e.getMessage(), containsString("in.csv: expected a CSV file, found none"));
  }

  private void assertChanged() {
    InputException e = assertThrows(InputException.class, this::bundle);
    assertEquals("input " + file + " was changed while it was read", e.getMessage());
  }

  /** Puts another file there, a second later. */
  private void replace(String content) {
    try {
      Path other = Files.writeString(folder.resolve("other.csv"), content);
      Files.setLastModifiedTime(other, FileTime.fromMillis(2000));
      Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads what a bundle reads; the next one has what it leaves. */
  private ProcessContinuation bundle() throws IOException {
    reader.startBundle();
    ProcessContinuation goesOn = reader.process(file.toString(), tracker, new Outputs());
    if (goesOn.shouldResume()) {
      FilePart rest = tracker.trySplit(0).getResidual();
      tracker.checkDone();
      tracker = reader.tracker(rest);
    }
    return goesOn;
  }

  /** Keeps the ids of rows. */
  private final class Outputs implements MultiOutputReceiver {
    @Override
    public <T> OutputReceiver<T> get(TupleTag<T> tag) {
      return new OutputReceiver<>() {
        @Override
        public void output(T output) {
          if (tag.equals(ReadResult.ROWS)) {
            ids.add(((Row) output).getString("Id"));
            onRow.run();
          }
        }

        @Override
        public void outputWithTimestamp(T output, Instant timestamp) {
          output(output);
        }
      };
    }

    @Override
    public <T> OutputReceiver<Row> getRowReceiver(TupleTag<T> tag) {
      throw new UnsupportedOperationException();
    }
  }
}
