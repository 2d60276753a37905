package org.anomalydetection.pipeline;

import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.anomalydetection.engine.Ahead;

/**
 * Scores the rows of CSV or Parquet files, of Salesforce or of errors that were mended, and writes
 * what is odd about them.
 *
 * <pre>
 * gradle run --args="--input=export.csv --idColumn='Opportunity Name' --model=my-model"
 * </pre>
 *
 * <p>Exit codes: 0 done, 1 the run failed or none of its rows could be scored, 2 options or input
 * that cannot be used, 3 done with more odd rows than {@code --alertAbove} allows.
 */
public final class Main {
  private Main() {}

  /** Runs with the arguments and ends the JVM; {@code --help} says what they are. */
  public static void main(String[] args) {
    int exitCode;
    PrintStream out = System.out;
    // For what is logged too.
    System.setErr(new TerminalStream(System.err));
    // What libraries print is no part of what a run says: Beam 2.65 prints histograms of BigQuery.
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    try (Ahead ahead = Ahead.start(CommandLine.pythonAhead(args))) {
      long started = ManagementFactory.getRuntimeMXBean().getStartTime();
      exitCode = run(ahead, Instant.ofEpochMilli(started), out, System.err, args);
    }
    System.exit(exitCode);
  }

  /** Runs with the arguments and returns the exit code. */
  static int run(
      Ahead ahead, Instant started, PrintStream toOut, PrintStream toErr, String... args) {
    PrintStream out = new TerminalStream(toOut);
    PrintStream err = new TerminalStream(toErr);
    if (CommandLine.asksForHelp(args)) {
      out.print(Help.text());
      return ExitCode.DONE;
    }
    try {
      RunPlan plan = RunPlan.of(CommandLine.parse(args));
      if (Submission.isAsked(plan)) {
        return new Submission(plan, ahead, out, err).run();
      }
      return plan.follow().isPresent()
          ? new FollowRun(plan, plan.follow().get(), ahead, out, err).run()
          : new Run(plan, ahead, started, out, err).run();
    } catch (RuntimeException e) {
      Failure failure = Failure.of(e);
      if (isEnding()) {
        // What was ended from outside failed for no other reason.
        return failure.exitCode();
      }
      err.println("error: " + failure.message());
      return failure.exitCode();
    }
  }

  private static boolean isEnding() {
    Thread probe = new Thread(() -> {});
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      return !Runtime.getRuntime().removeShutdownHook(probe);
    } catch (IllegalStateException e) {
      return true;
    }
  }
}
