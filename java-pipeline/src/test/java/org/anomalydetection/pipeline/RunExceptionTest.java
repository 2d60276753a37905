package org.anomalydetection.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.anomalydetection.csv.InputException;
import org.anomalydetection.engine.Engine;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.options.PortablePipelineOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunExceptionTest {
  private static final String BEFORE =
      "The Runner experienced the following error during execution:\n";

  /** What Flink's job server says without a pool or a JobManager, and what gRPC says without it. */
  @ParameterizedTest
  @CsvSource({
    "'"
        + BEFORE
        + "java.net.ConnectException: Connection refused',"
        + "java.net.ConnectException: Connection refused",
    "'"
        + BEFORE
        + "RestClientException: [x.FlinkJobNotFoundException: Could not find Flink job (a1)\n"
        + "  at b',Could not find Flink job (a1)",
    "UNAVAILABLE: io exception,UNAVAILABLE: io exception",
    "'"
        + BEFORE
        + "java.lang.IllegalStateException: call is closed\n  at b',"
        + "java.lang.IllegalStateException: call is closed",
    "'java.lang.IllegalStateException: expected a worker to send elements to, found it gone\n"
        + "  at b','java.lang.IllegalStateException: expected a worker to send elements to, found"
        + " it gone'",
  })
  void shouldSayThatAPartOfTheClusterIsGone(String text, String found) {
    assertEquals(
        "the job failed: expected the job service at flink:8099, its cluster and the pools of"
            + " workers to be there to the end, found one gone ("
            + found
            + "); their logs say which",
        said(text));
  }

  /** What is not there is the database, or may be a store; Dataflow has no job service. */
  @Test
  void shouldBlameTheClusterForNothingElse() {
    String refused =
        BEFORE
            + "x.UserCodeException: org.anomalydetection.database.DatabaseException: table scored"
            + " at db:5432: Connection to db:5432 refused\n"
            + "Caused by: java.net.ConnectException: Connection refused";
    assertEquals("table scored at db:5432: Connection to db:5432 refused", said(refused));
    String store = BEFORE + "Connect to store:9000 failed: Connection refused";
    String message = said(store, Optional.empty());
    assertTrue(message.startsWith("the job failed; logs are in "), message);
    assertTrue(message.endsWith(store), message);
  }

  @Test
  void shouldSayWhatIsWrongWithThePosition() {
    assertEquals(
        "--position: a: expected version 1, found 2",
        said(
            "x: org.anomalydetection.follow.PositionException: --position: a: expected version 1,"
                + " found 2\n  at b"));
  }

  /** As Beam tells of it, as a run may have told of it already, and as it is thrown here. */
  @Test
  void shouldTellAFailureOfOursFromTheEndOfTheEngine() {
    String window = "org.anomalydetection.follow.WindowException: the window from 5: expected 2";
    RuntimeException reported = new RuntimeException(BEFORE + "x: " + window + "\n  at b");
    assertEquals("the window from 5: expected 2", ours(reported));
    assertEquals("the window from 5: expected 2", ours(new RunException("expected 2", reported)));
    assertEquals("in.csv", ours(new InputException("in.csv")));
    for (String text :
        List.of("UNAVAILABLE: io exception", "SDK worker disconnected: w", "Job was cancelled.")) {
      assertEquals("none", ours(new RuntimeException(BEFORE + text)));
    }
    assertEquals("none", ours(new RunException("expected the job to go on, found it ended")));
  }

  private static String ours(RuntimeException e) {
    return RunException.ofOurs(e).map(Throwable::getMessage).orElse("none");
  }

  /** A worker of either language, whose disk or whose quota is used up. */
  @ParameterizedTest
  @CsvSource({
    "'java.lang.RuntimeException: Error received from SDK harness for instruction 2:"
        + " x.UserCodeException: java.io.IOException: No space left on device\n"
        + "  at java.base/java.io.FileOutputStream.writeBytes(Native Method)',"
        + "No space left on device",
    "'OSError: [Errno 122] Disk quota exceeded',Disk quota exceeded",
  })
  void shouldSayThatADiskIsFullWithoutATrace(String text, String found) {
    assertEquals(
        "the job failed: expected room for the output and for the engine's temporary files, found"
            + " none ("
            + found
            + "); make room and run again",
        said(BEFORE + text));
  }

  /** Spark puts whole rows there, in lines of a million characters. */
  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void shouldShortenALongText() {
    String message = said("x".repeat(1 << 20));
    assertTrue(message.endsWith("x… (1044576 characters more)"), message);
  }

  private static String said(String text) {
    return said(text, Optional.of("flink:8099"));
  }

  private static String said(String text, Optional<String> cluster) {
    PortablePipelineOptions options = PipelineOptionsFactory.as(PortablePipelineOptions.class);
    options.setDefaultEnvironmentType("EXTERNAL");
    Engine.Settings settings =
        new Engine.Settings(
            Optional.of("flink:8099"),
            Optional.of("here:8088"),
            Optional.empty(),
            Optional.empty());
    try (Engine engine = Engine.start(settings, options)) {
      return RunException.of(new IllegalStateException(text), engine, cluster).getMessage();
    }
  }
}
