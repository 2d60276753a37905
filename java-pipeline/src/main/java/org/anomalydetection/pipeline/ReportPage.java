package org.anomalydetection.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.anomalydetection.engine.Executables;
import org.anomalydetection.output.OutputFolder;
import org.checkerframework.checker.nullness.qual.Nullable;

/** Has the Python command make a page of what a run wrote, for people. */
final class ReportPage {
  private ReportPage() {}

  /**
   * Makes the page beside the run's files and returns the line that tells of it. A page that cannot
   * be made is no failure of the run, which has written everything.
   *
   * @param command the {@code anomaly-detection} command
   * @param folder the run's folder, on the local disk
   * @param alpha the alpha of the run, where it was set
   */
  static String make(String command, String folder, @Nullable Double alpha) {
    String page = OutputFolder.inside(folder, OutputFolder.REPORT);
    List<String> line = new ArrayList<>(List.of(command, "report", folder, "--output", page));
    if (alpha != null) {
      line.addAll(List.of("--alpha", String.format(Locale.ROOT, "%s", alpha)));
    }
    try {
      Process process = Executables.process(line).redirectErrorStream(true).start();
      try (InputStream output = process.getInputStream()) {
        String said = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
        return process.waitFor() == 0
            ? "Report:      " + page
            : "warning: the report could not be made: " + said;
      } finally {
        process.destroy();
      }
    } catch (IOException e) {
      return "warning: the report could not be made: " + e.getMessage();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "warning: the report could not be made: interrupted";
    }
  }
}
