package org.anomalydetection.integration.cloud;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.anomalydetection.files.Stored;
import org.anomalydetection.integration.RunningService;
import org.anomalydetection.integration.SampleRows;
import org.anomalydetection.locks.FolderLock;
import org.anomalydetection.pipeline.MainResult;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that read errors and reviewed rows in object stores, and write their results there. */
class StoreRunTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int ROWS = 10;

  @BeforeEach
  void logIn() {
    System.setProperty("aws.accessKeyId", StoreServer.KEY);
    System.setProperty("aws.secretAccessKey", StoreServer.SECRET);
  }

  @AfterEach
  void forget() {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3", "gs"})
  void shouldReplayAndIgnoreWhatIsInAStore(String scheme) throws Exception {
    try (StoreServer store = StoreServer.start(scheme)) {
      FileSystems.setDefaultPipelineOptions(store.options());
      List<String> elements = elements();
      String reviewed = MAPPER.readTree(elements.get(0)).path("Id").asText();
      put(store.root() + "/errors/errors-00000-of-00002.jsonl", errors(elements.subList(0, 4)));
      put(store.root() + "/errors/errors-00001-of-00002.jsonl", errors(elements.subList(4, ROWS)));
      put(store.root() + "/reviewed.csv", "id,column\n" + reviewed + ",\n");
      String out = store.root() + "/scored";
      put(out + "/scored-00000-of-00007.jsonl", "of an earlier run\n");

      MainResult result = run(store, out);
      assertEquals(0, result.exitCode(), result.err());
      assertThat(result.out(), startsWith(ROWS + " rows of 2 files read: " + ROWS + " scored, "));
      assertThat(result.out(), containsString("(and 1 that were reviewed and are ignored)"));
      Map<String, Boolean> ignored = new TreeMap<>();
      for (String line : lines(out + "/scored-*")) {
        JsonNode row = MAPPER.readTree(line);
        ignored.put(row.path("id").asText(), row.path("ignored").asBoolean());
      }
      assertEquals(ROWS, ignored.size());
      assertEquals(true, ignored.remove(reviewed));
      assertEquals(false, ignored.containsValue(true));
      assertEquals(List.of(), lines(out + "/errors-*"));
      assertEquals(List.of(), paths(out + "/.run*"), "neither a lock nor rows are left there");

      List<String> published = paths(out + "/*");
      try (FolderLock lock = FolderLock.take(out)) {
        MainResult second = run(store, out);
        assertEquals(2, second.exitCode(), second.err());
        assertThat(second.err(), containsString("--output: expected a folder that can be written"));
        assertThat(second.err(), containsString("another run writes into it: process "));
        lock.require();
      }
      assertEquals(published, paths(out + "/*"));
    }
  }

  private static MainResult run(StoreServer store, String out) {
    List<String> arguments = new ArrayList<>(store.arguments());
    arguments.add("--expansionService=" + RunningService.address());
    arguments.add("--replay=" + store.root() + "/errors/errors-*.jsonl");
    arguments.add("--ignore=" + store.root() + "/reviewed.csv");
    arguments.add("--output=" + out);
    // So that the one which was reviewed is odd.
    arguments.add("--alpha=0.999");
    return MainResult.of(arguments.toArray(String[]::new));
  }

  /** Returns records as the errors of a run hold them. */
  private static List<String> elements() {
    List<String> sample = SampleRows.lines();
    String[] header = sample.get(0).split(",", -1);
    List<String> elements = new ArrayList<>();
    for (String line : sample.subList(1, sample.size())) {
      String[] cells = line.split(",", -1);
      if (line.contains("\"") || elements.size() == ROWS) {
        continue;
      }
      ObjectNode element = MAPPER.createObjectNode();
      for (int i = 0; i < header.length; i++) {
        element.put(header[i], cells[i]);
      }
      elements.add(element.toString());
    }
    return elements;
  }

  private static String errors(List<String> elements) throws JsonProcessingException {
    StringBuilder lines = new StringBuilder();
    for (String element : elements) {
      ObjectNode error = MAPPER.createObjectNode();
      error.put("source", "in.csv").put("row", 1).put("error", "mended").put("stage", "read");
      lines.append(MAPPER.writeValueAsString(error.put("element", element))).append('\n');
    }
    return lines.toString();
  }

  private static void put(String path, String content) throws IOException {
    try (OutputStream out =
        Channels.newOutputStream(
            FileSystems.create(FileSystems.matchNewResource(path, false), "text/plain"))) {
      out.write(content.getBytes(UTF_8));
    }
  }

  private static List<String> paths(String pattern) throws IOException {
    return Stored.match(pattern).stream()
        .map(MatchResult.Metadata::resourceId)
        .map(Object::toString)
        .sorted()
        .toList();
  }

  private static List<String> lines(String pattern) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String path : paths(pattern)) {
      try (InputStream in = Channels.newInputStream(Stored.open(path))) {
        lines.addAll(new String(in.readAllBytes(), UTF_8).lines().toList());
      }
    }
    return lines;
  }
}
