package org.anomalydetection.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.anomalydetection.Project;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The listening sockets of a run against the table in SECURITY.md. */
class SocketsTest {
  private static final String HEADER = "| process | address | port | purpose |";

  @TempDir Path folder;

  @Test
  void shouldListenOnlyWhereTheTableSays() throws Exception {
    Set<ListeningSocket> seen = new HashSet<>();
    Forked run = Forked.main(folder, "--output=" + folder.resolve("out"));
    while (run.isAlive()) {
      seen.addAll(ListeningSocket.of(run.handle(), "Java"));
      for (ProcessHandle child : run.handle().descendants().toList()) {
        seen.addAll(ListeningSocket.of(child, name(child)));
      }
      Thread.sleep(50);
    }
    assertEquals(0, run.exitCode(), run.err());
    Map<String, Integer> found = new TreeMap<>();
    seen.forEach(
        socket -> found.merge(socket.process() + " on " + socket.address(), 1, Integer::sum));
    assertEquals(table(), found);
  }

  private static Map<String, Integer> table() {
    List<String> lines = Project.text("SECURITY.md").lines().toList();
    Map<String, Integer> table = new TreeMap<>();
    lines.stream()
        .skip(lines.indexOf(HEADER) + 2L)
        .takeWhile(line -> line.startsWith("|"))
        .map(line -> line.split("\\|", -1))
        .forEach(
            cells -> table.merge(cells[1].strip() + " on " + cells[2].strip(), 1, Integer::sum));
    return table;
  }

  private static String name(ProcessHandle process) throws IOException {
    String command = process.info().commandLine().orElse("");
    if (command.contains("--job_port=")) {
      return "Prism";
    }
    return command.contains("anomaly-detection") ? "Python" : command;
  }
}
