package org.anomalydetection.pipeline;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.anomalydetection.summary.Counts;
import org.anomalydetection.summary.OddRow;
import org.anomalydetection.summary.SummaryText;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data steers no terminal. */
class TerminalStreamTest {
  private static final String STEERING = "\u001b]0;pwned\u0007\u009b31m\u202e";
  private static final String SHOWN = "\ufffd]0;pwned\ufffd\ufffd31m\ufffd";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream stream =
      new TerminalStream(new PrintStream(bytes, true, StandardCharsets.UTF_8));

  private String shown() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void shouldShowWhatSteersTerminalsInWhateverIsPrinted() {
    stream.print(STEERING + "\n\ta");
    stream.print((Object) STEERING);
    stream.println(STEERING);
    stream.println(new IllegalStateException(STEERING));
    stream.printf("%s ", STEERING);
    stream.printf(Locale.ROOT, "%s\r", STEERING);
    new IllegalStateException(STEERING).printStackTrace(stream);
    assertThat(
        shown(),
        containsString(
            SHOWN
                + "\n\ta"
                + SHOWN
                + SHOWN
                + "\njava.lang.IllegalStateException: "
                + SHOWN
                + "\n"
                + SHOWN
                + " "
                + SHOWN
                + "\ufffdjava.lang.IllegalStateException: "
                + SHOWN
                + "\n\tat org."));
  }

  @Test
  void shouldShowThemInASummary() {
    OddRow row =
        new OddRow(
            "id" + STEERING,
            1,
            0,
            true,
            List.of(new OddRow.Reason("Amount" + STEERING, STEERING, "1" + STEERING)));
    stream.println(
        SummaryText.of(
            new Counts(1, 1, 1, 0, List.of(row)),
            1,
            Instant.EPOCH,
            Instant.EPOCH,
            List.of("a warning" + STEERING),
            "a",
            "b"));
    assertThat(shown(), containsString("| id" + SHOWN + " |"));
    assertThat(
        shown(), containsString(String.format("| Amount%1$s is %1$s, expected 1%1$s |", SHOWN)));
    assertThat(shown(), containsString("warning: a warning" + SHOWN + "\n"));
  }

  @Test
  void shouldShowThemInTheErrorOfARun(@TempDir Path folder) throws Exception {
    Path input = Files.writeString(folder.resolve("in.csv"), "Id," + STEERING + "Amount\nx,1\n");
    MainResult result =
        MainResult.of(
            "--input=" + input,
            "--idColumn=Name",
            "--expansionService=127.0.0.1:1",
            "--output=" + folder.resolve("out"));
    assertEquals(2, result.exitCode(), result.err());
    assertThat(result.err(), containsString("found Id, " + SHOWN + "Amount"));
  }
}
